import sendgridClient from "@sendgrid/client";
import sendgridMail from "@sendgrid/mail";
import { type Circuit, closedCircuit } from "../../lib/circuit/circuit.ts";
import { excerpt } from "../../lib/one-line.ts";
import type { Email, EmailSender } from "./email-sender.ts";
import { inTime, SendRefused, SendUnavailable, toUnreachable } from "./send-errors.ts";

/** How a SendGrid account is reached, and in whose name it sends. */
export interface SendgridOptions {
  /** `SG.…`. */
  apiKey: string;
  /** SendGrid's own address when not given. */
  baseUrl?: string;
  /** The shop's address; SendGrid must know it as a verified sender. */
  from: { email: string; name?: string };
  /** For each call, in milliseconds. */
  timeoutMs: number;
  /** How long its event webhooks may be late, in milliseconds; none come when not given. */
  doubtMs?: number;
  /** Keeps calls from SendGrid while it is away; without one every call is made. */
  circuit?: Circuit;
}

// The packages export a ready-made instance that all code of a process would share. Their classes hang on it as
// properties; the packages' types name them in a way that Node's modules cannot import.
const { Client } = sendgridClient as unknown as { Client: new () => typeof sendgridClient };
const { MailService } = sendgridMail as unknown as {
  MailService: new () => typeof sendgridMail & { setClient(client: typeof sendgridClient): void };
};

/** E-mail through SendGrid. */
export function createSendgridSender({
  apiKey,
  baseUrl,
  from,
  timeoutMs,
  doubtMs = 0,
  circuit = closedCircuit,
}: SendgridOptions): EmailSender {
  const client = new Client();
  client.setApiKey(apiKey);
  // After the key: setting the key resets the address.
  if (baseUrl !== undefined) client.setDefaultRequest("baseUrl", baseUrl);
  const mail = new MailService();
  mail.setClient(client);
  mail.setTimeout(timeoutMs);

  return {
    name: "SendGrid",
    timeoutMs,
    doubtMs,
    async send(email) {
      try {
        const message = {
          to: email.to,
          from: email.from === "" ? from : email.from,
          subject: email.subject,
          text: email.text,
          ...(email.html === "" ? {} : { html: email.html }),
          customArgs: { message_id: email.messageId },
          ...(email.unsubscribeUrl !== undefined && {
            headers: {
              "List-Unsubscribe": `<${email.unsubscribeUrl}>`,
              "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
          }),
          // An order's links are for its buyer alone: they are not to be sent through a counting redirect.
          trackingSettings: { clickTracking: { enable: false, enableText: false } },
        };
        const send = () => inTime(mail.send(message), { timeoutMs, provider: "SendGrid" });
        const [answer] = await circuit(send, (err) => !isAnswer(err) || err.code >= 500);
        if (answer.statusCode !== 202) {
          throw new SendUnavailable(`SendGrid answered ${answer.statusCode}`, { pending: false });
        }
        const id = (answer.headers as Record<string, unknown>)["x-message-id"];
        return typeof id === "string" ? id : "";
      } catch (err) {
        throw translate(err, email);
      }
    },
  };
}

/** What SendGrid's SDK throws for an answer of 400 and above. */
interface Answer {
  code: number;
  response: { body?: { errors?: { message?: string; field?: string | null }[] } };
}

function translate(err: unknown, { from }: Email): SendRefused | SendUnavailable {
  if (err instanceof SendUnavailable) return err;
  if (!isAnswer(err)) return toUnreachable("SendGrid", err);
  const errors = Array.isArray(err.response.body?.errors) ? err.response.body.errors : [];
  // 403 on `from`: not a verified sender. The shop's own address can be verified yet, a caller's is the caller's fault.
  const foreignSender = err.code === 403 && from !== "" && errors.some(({ field }) => field === "from");
  if (err.code === 400 || err.code === 413 || foreignSender) {
    return new SendRefused(excerpt(errors.map(({ message }) => message ?? "").join("; ")) || "refused");
  }
  // A server that failed may have taken the e-mail all the same, and nothing but its webhooks can tell.
  const pending = err.code === 408 || err.code >= 500;
  return new SendUnavailable(`SendGrid answered ${err.code}`, { pending });
}

function isAnswer(err: unknown): err is Answer {
  if (!(err instanceof Error)) return false;
  const { code, response } = err as { code?: unknown; response?: unknown };
  return typeof code === "number" && typeof response === "object" && response !== null;
}
