import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { Event, WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import type { WebhookParts } from "../service.ts";
import { insertDeliveries } from "../store-delivery.ts";
import { insertEvents, type NewEvent } from "../store-event.ts";

/** Takes events to be told, each once by its id, with a delivery for every endpoint that wants it. Safe to retry. */
export function publishEvents({
  db,
  clock,
  dispatcher,
}: WebhookParts): MethodImpl<typeof WebhookService.method.publishEvents> {
  return async (request) => {
    const events = request.events.map(readEvent);
    await db.transaction(async (tx) => {
      const now = clock();
      const eventIds = await insertEvents(tx, { events, now });
      if (eventIds.length === 0) return;
      if ((await insertDeliveries(tx, { eventIds, now })) > 0) tx.afterCommit(() => dispatcher.wake());
    });
    return {};
  };
}

/** @throws INVALID_ARGUMENT for an id that no header can carry, or data that is no JSON object */
function readEvent({ id, type, subject, data, eventTime }: Event, i: number): NewEvent {
  const refuse = (field: string, description: string) =>
    invalidArgument([{ field: `events[${i}].${field}`, description }]);
  if (!/^[\x21-\x7e]+$/.test(id)) throw refuse("id", "must be of visible ASCII characters");
  if (!isObject(data)) throw refuse("data", "must be a JSON object");
  if (eventTime === undefined) throw refuse("event_time", "value is required");
  return { id, type, subject, data, eventTime: timestampDate(eventTime) };
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
