import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  WebhookEvent_State,
  type WebhookEvent as WebhookEventMessage,
  WebhookEventSchema,
} from "../../gen/rowlock/type/v1/webhook_pb.js";

/** Where an event stands; see the contract. */
export type WebhookState = "RECEIVED" | "APPLIED" | "DEAD";

/** What a vendor says has happened. */
export interface IncomingEvent {
  /** Who says it: `stripe`, `shippo`, `sendgrid` or `twilio`. */
  provider: string;
  /** The vendor's id of the event; a digest of its content where it has none. */
  providerEventId: string;
  /** In the vendor's words, for example `payment_intent.succeeded`. */
  type: string;
  /** The vendor's id of what it is about; may be empty. */
  subject: string;
  /** The event as it came; anything that JSON keeps. */
  payload: unknown;
}

/** An event in the inbox, without what it carried. */
export interface WebhookEvent extends Omit<IncomingEvent, "payload"> {
  id: string;
  state: WebhookState;
  attempts: number;
  error: string;
  deliveries: number;
  receiveTime: Date;
  applyTime: Date | null;
}

/** An event that is to be applied. */
export type StoredEvent = WebhookEvent & Pick<IncomingEvent, "payload">;

/** An event as a message. */
export function toWebhookEventMessage(event: WebhookEvent): WebhookEventMessage {
  return create(WebhookEventSchema, {
    id: event.id,
    provider: event.provider,
    providerEventId: event.providerEventId,
    type: event.type,
    subject: event.subject,
    state: WebhookEvent_State[event.state],
    attempts: event.attempts,
    error: event.error,
    deliveries: event.deliveries,
    receiveTime: timestampFromDate(event.receiveTime),
    ...(event.applyTime !== null && { applyTime: timestampFromDate(event.applyTime) }),
  });
}
