import type { EmailAddress, EmailRecord } from "./records.ts";

export interface MailProblem {
  message: string;
  field: string | null;
}

/** What a valid request asks to send: one envelope for each personalization. */
export interface Mail {
  envelopes: Omit<EmailRecord, "id" | "created" | "messageId">[];
  /** Sandbox mode: checked, but not sent. */
  checkOnly: boolean;
}

type Json = Record<string, unknown>;

const RESERVED_HEADERS = new Set(
  "x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding to from subject reply-to cc bcc".split(
    " ",
  ),
);

/** Checks a mail/send request as SendGrid does and reads it. */
export function readMail(body: Json): { mail: Mail } | { problems: MailProblem[] } {
  const problems: MailProblem[] = [];
  const problem = (field: string, message: string) => {
    problems.push({ message, field });
  };

  const from = address(body["from"], "from");
  if (body["from"] === undefined)
    problem(
      "from.email",
      'The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name parameter.  e.g. {"email" : "example@example.com"}  or {"email" : "example@example.com", "name" : "Example Recipient"}.',
    );
  const replyTo = body["reply_to"] === undefined ? undefined : address(body["reply_to"], "reply_to");
  const templateId = body["template_id"];
  const content = readContent();
  const attachments = readAttachments();
  const headers = texts(body["headers"], "headers");
  for (const name of Object.keys(headers)) {
    if (RESERVED_HEADERS.has(name.toLowerCase())) problem("headers", `The header ${name} cannot be set.`);
  }
  const categories = readCategories();
  const customArgs = texts(body["custom_args"], "custom_args");
  const personalizations = body["personalizations"];
  if (!Array.isArray(personalizations) || personalizations.length === 0) {
    problem(
      "personalizations",
      "The personalizations field is required and must have at least one personalization.",
    );
  } else if (personalizations.length > 1000) {
    problem("personalizations", "There are more than 1000 personalizations.");
  }
  const seen = new Set<string>();
  const envelopes = (Array.isArray(personalizations) ? personalizations : []).map((entry, index) =>
    readEnvelope(isObject(entry) ? entry : {}, `personalizations.${index}`),
  );
  if (problems.length > 0) return { problems };
  const settings = body["mail_settings"];
  const mode =
    isObject(settings) && isObject(settings["sandbox_mode"]) ? settings["sandbox_mode"]["enable"] : false;
  return { mail: { envelopes, checkOnly: mode === true } };

  function readEnvelope(entry: Json, field: string): Mail["envelopes"][number] {
    const to = recipients(entry["to"], `${field}.to`);
    if (!Array.isArray(entry["to"]) || entry["to"].length === 0) {
      problem(
        `${field}.to`,
        "The to array is required for all personalization objects, and must have at least one email object with a valid email address.",
      );
    }
    const cc = recipients(entry["cc"], `${field}.cc`);
    const bcc = recipients(entry["bcc"], `${field}.bcc`);
    seen.clear();
    for (const { email } of [...to, ...cc, ...bcc]) {
      if (seen.has(email.toLowerCase())) {
        problem(
          field,
          "Each email address in the personalization block should be unique between to, cc, and bcc. We found the first duplicate instance of [" +
            email +
            "] in the " +
            field +
            " field.",
        );
      }
      seen.add(email.toLowerCase());
    }
    const subject = entry["subject"] ?? body["subject"];
    if (templateId === undefined && (typeof subject !== "string" || subject === "")) {
      problem(
        "subject",
        "The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.",
      );
    }
    const sendAt = entry["send_at"] ?? body["send_at"];
    const data = entry["dynamic_template_data"];
    return {
      from: entry["from"] === undefined ? from : address(entry["from"], `${field}.from`),
      ...(replyTo && { replyTo }),
      to,
      cc,
      bcc,
      subject: typeof subject === "string" ? subject : "",
      ...content,
      headers: { ...headers, ...texts(entry["headers"], `${field}.headers`) },
      categories,
      customArgs: { ...customArgs, ...texts(entry["custom_args"], `${field}.custom_args`) },
      ...(typeof templateId === "string" && { templateId }),
      ...(isObject(data) && { templateData: data }),
      ...(Number.isInteger(sendAt) && { sendAt: Number(sendAt) }),
      attachments,
    };
  }

  function recipients(value: unknown, field: string): EmailAddress[] {
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      problem(field, "The recipients must be an array of objects with an email address.");
      return [];
    }
    if (value.length > 1000) problem(field, "There are more than 1000 recipients.");
    return value.map((entry, index) => address(entry, `${field}.${index}`));
  }

  function address(value: unknown, field: string): EmailAddress {
    const { email, name } = isObject(value) ? value : {};
    if (value !== undefined && (typeof email !== "string" || !/^[^\s@<>"]+@[^\s@<>"]+$/.test(email))) {
      problem(`${field}.email`, `Does not contain a valid address.`);
    }
    if (name !== undefined && typeof name !== "string")
      problem(`${field}.name`, "The name must be a string.");
    return {
      email: typeof email === "string" ? email : "",
      ...(typeof name === "string" && name !== "" && { name }),
    };
  }

  function readContent(): { text?: string; html?: string } {
    const parts = body["content"];
    if (parts === undefined && templateId !== undefined) return {};
    if (!Array.isArray(parts) || parts.length === 0) {
      problem(
        "content",
        "Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block. We typically suggest both text/plain and text/html blocks are included, but only one block is required.",
      );
      return {};
    }
    const result: { text?: string; html?: string } = {};
    for (const [index, part] of parts.entries()) {
      const { type, value } = isObject(part) ? part : {};
      if (typeof type !== "string" || type === "")
        problem(`content.${index}.type`, "The content type is required.");
      if (typeof value !== "string" || value === "") {
        problem("content.value", "The content value must be a string at least one character in length.");
      } else if (type === "text/plain") {
        if (result.html !== undefined) {
          problem(
            "content",
            "If present, text/plain and text/html may only be provided once, and text/plain must be first, followed by text/html.",
          );
        }
        result.text = value;
      } else if (type === "text/html") result.html = value;
    }
    return result;
  }

  function readAttachments(): EmailRecord["attachments"] {
    const value = body["attachments"];
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : []).map((entry, index) => {
      const { content: base64, filename, type, content_id: contentId } = isObject(entry) ? entry : {};
      if (typeof base64 !== "string" || base64 === "" || !/^[A-Za-z0-9+/\r\n]+={0,2}$/.test(base64)) {
        problem(`attachments.${index}.content`, "The attachment content must be base64 encoded.");
      }
      if (typeof filename !== "string" || filename === "") {
        problem(`attachments.${index}.filename`, "The filename of the attachment is required.");
      }
      return {
        filename: String(filename),
        type: typeof type === "string" ? type : "application/octet-stream",
        content: String(base64),
        ...(typeof contentId === "string" && { contentId }),
      };
    });
  }

  function readCategories(): string[] {
    const value = body["categories"];
    if (value === undefined) return [];
    const names: unknown[] = Array.isArray(value) ? value : [value];
    if (names.length > 10) problem("categories", "You cannot have more than 10 categories per request.");
    if (new Set(names).size < names.length) problem("categories", "You cannot have duplicate categories.");
    if (names.some((name) => typeof name !== "string" || name.length > 255)) {
      problem("categories", "The category name cannot exceed 255 characters.");
    }
    return names.map(String);
  }

  function texts(value: unknown, field: string): Record<string, string> {
    if (value === undefined) return {};
    if (!isObject(value)) {
      problem(field, `The ${field} must be an object of strings.`);
      return {};
    }
    for (const [name, entry] of Object.entries(value)) {
      if (typeof entry !== "string") problem(`${field}.${name}`, "The value must be a string.");
    }
    return value as Record<string, string>;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
