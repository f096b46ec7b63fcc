import { json, type Reply, type SandboxRequest, type Vendor } from "../http/message.ts";
import { randomBase62, timedBase62 } from "../ids.ts";
import type { Store } from "../store/store.ts";
import type { Tell } from "../webhooks/targets.ts";
import { tellOfEmail } from "./events.ts";
import { readMail } from "./read.ts";
import type { SendgridRecords } from "./records.ts";

/** The size of a message with its attachments that SendGrid takes, in bytes. */
const MAX_BODY = 30_000_000;

/** SendGrid's POST /v3/mail/send. Mail is shown in the inbox and goes nowhere else. */
export function createSendgridApi({
  store,
  records,
  now,
  tell,
}: {
  store: Store;
  records: SendgridRecords;
  tell: Tell;
  now: () => number;
}): Vendor {
  function handle({ method, path, headers, body }: SandboxRequest): Reply {
    if (path !== "/v3/mail/send") return refusal(404, "not found");
    if (method !== "POST") return refusal(405, "method not allowed");
    if (!/^Bearer SG\..+/.test(headers.authorization ?? "")) {
      return refusal(401, "The provided authorization grant is invalid, expired, or revoked");
    }
    if (!(headers["content-type"] ?? "").startsWith("application/json")) {
      return refusal(415, "Content-Type should be application/json.");
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(body.toString());
    } catch {
      return refusal(400, "Bad Request");
    }
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
      return refusal(400, "Bad Request");
    const result = readMail(parsed as Record<string, unknown>);
    if ("problems" in result) return json(400, { errors: result.problems });
    const messageId = randomBase62(22);
    if (result.mail.checkOnly) return { status: 200, headers: { "x-message-id": messageId } };
    store.write(() => {
      for (const envelope of result.mail.envelopes) {
        const email = { ...envelope, id: `eml_${timedBase62(22)}`, created: now(), messageId };
        records.add(email);
        tellOfEmail(tell, email);
      }
    });
    return { status: 202, headers: { "x-message-id": messageId } };
  }

  return {
    name: "sendgrid",
    maxBody: MAX_BODY,
    owns: (path) => path.startsWith("/v3/"),
    handle,
    failures: {
      vendor: "sendgrid",
      internal: () => refusal(500, "Internal server error; the sandbox was told to fail."),
      rateLimited: () => ({
        ...refusal(429, "too many requests"),
        headers: {
          "content-type": "application/json; charset=utf-8",
          "x-ratelimit-limit": "500",
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset": String(Math.ceil(now() / 1000) + 1),
        },
      }),
    },
    tooLarge: () => refusal(413, "The JSON payload you have included in your request is too large."),
  };
}

function refusal(status: number, message: string): Reply {
  return json(status, { errors: [{ message, field: null }] });
}
