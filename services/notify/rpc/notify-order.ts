import { toBinary } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { NotifyOrderRequestSchema, type NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { toMessage } from "../convert.ts";
import { deliver, type Event, withdrawEvent } from "../deliver.ts";
import { orderDrafts } from "../order-drafts.ts";
import type { NotifyDeps } from "../service.ts";

/**
 * Tells a customer what happened to an order, by e-mail and, with a phone
 * number, by text message; once per event_key and channel.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_IN_PROGRESS.
 */
export function notifyOrder(deps: NotifyDeps): MethodImpl<typeof NotifyService.method.notifyOrder> {
  return async (req, ctx) => {
    const { eventKey, order } = req;
    const drafts = await orderDrafts(deps, req);
    if (req.withdraw) return { messages: (await withdrawEvent(deps, { eventKey, drafts })).map(toMessage) };
    const event: Event = {
      key: eventKey,
      orderId: order?.orderId ?? "",
      fingerprint: fingerprintOf(NotifyOrderRequestSchema, req),
      source: { kind: "ORDER", request: toBinary(NotifyOrderRequestSchema, req) },
    };
    return { messages: (await deliver(deps, ctx, { event, drafts })).map(toMessage) };
  };
}
