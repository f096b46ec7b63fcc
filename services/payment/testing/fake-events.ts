import { failWebhook, type IncomingEvent } from "../../../lib/webhooks/index.ts";
import type { CardEvents } from "../card-events.ts";

/** A provider whose messages are the events in JSON, signed by the word `good`. */
export const fakeEvents: CardEvents = {
  read({ body, signature }) {
    if (signature !== "good") throw failWebhook("WEBHOOK_SIGNATURE_INVALID", { provider: "stripe" });
    return JSON.parse(Buffer.from(body).toString()) as IncomingEvent;
  },
};
