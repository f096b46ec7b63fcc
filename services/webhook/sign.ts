import { Webhook } from "standardwebhooks";
import type { EventContent } from "./delivery.ts";
import { payloadOf } from "./delivery.ts";
import type { SealedSecrets } from "./endpoint.ts";
import type { SecretBox } from "./secret-box.ts";
import type { Message } from "./send.ts";

/** An endpoint's secrets that count at a time: the present one first. */
export function liveSecrets(
  { id, secret, previousSecret, previousExpireTime }: SealedSecrets,
  { box, now }: { box: SecretBox; now: Date },
): { secret: string; previous?: { secret: string; expireTime: Date } } {
  const present = { secret: box.open(id, secret) };
  if (previousSecret === null || previousExpireTime === null || previousExpireTime <= now) return present;
  return { ...present, previous: { secret: box.open(id, previousSecret), expireTime: previousExpireTime } };
}

/** An event as an endpoint gets it, signed by the Standard Webhooks scheme with each secret that counts. */
export function signedMessage(
  { event, endpoint }: { event: EventContent; endpoint: SealedSecrets & { url: string } },
  { box, now }: { box: SecretBox; now: Date },
): Message {
  const body = payloadOf(event);
  const { secret, previous } = liveSecrets(endpoint, { box, now });
  const secrets = previous === undefined ? [secret] : [secret, previous.secret];
  return {
    url: endpoint.url,
    body,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "Rowlock-Webhooks/1",
      "webhook-id": event.id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": secrets.map((each) => new Webhook(each).sign(event.id, now, body)).join(" "),
    },
  };
}
