import { json, type Reply } from "../http/message.ts";
import { isObject } from "../json.ts";
import { tellOfLabel } from "../shippo/events.ts";
import { TRACKING_STATUSES, type TrackingStatus, type TransactionRecord } from "../shippo/records.ts";
import { moveParcel } from "../shippo/transactions.ts";
import type { InboxContext, Visit } from "./context.ts";

/** Plays the carrier: moves a parcel to a status, or on to its next, and tells the shop. */
export function moveOn(
  ctx: InboxContext,
  { id, status }: { id: string; status?: TrackingStatus | undefined },
): TransactionRecord | undefined {
  return ctx.stripe.store.write(() => {
    const transaction = moveParcel({ id, status, records: ctx.shippo, now: ctx.now() });
    if (transaction) tellOfLabel(ctx.tell, { type: "track_updated", transaction });
    return transaction;
  });
}

/** POST /sandbox/api/labels/:id/track with `{ "status": … }`, or without for the next one. */
export function trackApi(ctx: InboxContext, { request, path }: Visit): Reply {
  let body: unknown;
  try {
    body = request.body.length === 0 ? {} : JSON.parse(request.body.toString());
  } catch {
    body = undefined;
  }
  const wanted = isObject(body) ? body["status"] : null;
  const status = TRACKING_STATUSES.find((entry) => entry === wanted);
  if (wanted !== undefined && status === undefined) {
    const message = `must be one of ${TRACKING_STATUSES.join(", ")}`;
    return json(400, { error: { field: "status", message } });
  }
  const transaction = moveOn(ctx, { id: path["id"] ?? "", status });
  if (!transaction) {
    return json(404, {
      error: { field: "id", message: "there is no such label, or its parcel goes no further" },
    });
  }
  return json(200, { id: transaction.id, tracking_status: transaction.tracking?.at(-1)?.status });
}
