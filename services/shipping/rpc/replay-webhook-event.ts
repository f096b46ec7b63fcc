import type { MethodImpl } from "@connectrpc/connect";
import { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { type Inbox, toWebhookEventMessage } from "../../../lib/webhooks/index.ts";
import type { ShippingDeps } from "../service.ts";

/** Has an event of the inbox applied once more. Errors: WEBHOOK_EVENT_NOT_FOUND, REQUEST_ID_REUSED. */
export function replayWebhookEvent(
  { db }: ShippingDeps,
  inbox: Inbox,
): MethodImpl<typeof ShippingService.method.replayWebhookEvent> {
  const method = ShippingService.method.replayWebhookEvent;
  return (request, ctx) => {
    const call = keyedCall(method, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => toWebhookEventMessage(await inbox.replay(tx, request.eventId))),
    );
  };
}
