import { createHmac } from "node:crypto";

/** Twilio's signature, after https://www.twilio.com/docs/usage/webhooks/webhooks-security. */
export function signTwilio(authToken: string, url: string, fields: Record<string, string>): string {
  const sorted = Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHmac("sha1", authToken)
    .update(url + sorted.flat().join(""))
    .digest("base64");
}
