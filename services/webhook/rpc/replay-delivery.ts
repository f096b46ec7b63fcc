import type { MethodImpl } from "@connectrpc/connect";
import { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toDelivery } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { WebhookParts } from "../service.ts";
import { findDelivery, reopenDelivery } from "../store-delivery.ts";
import { shareEndpoint } from "../store-endpoint.ts";

/** Sends a delivery once more, whatever became of it, with a fresh set of attempts. Safe to retry with a request_id. */
export function replayDelivery({
  db,
  clock,
  dispatcher,
}: WebhookParts): MethodImpl<typeof WebhookService.method.replayDelivery> {
  return async (request, ctx) => {
    const { deliveryId } = request;
    const notFound = () => fail("DELIVERY_NOT_FOUND", { delivery_id: deliveryId });
    const call = keyedCall(WebhookService.method.replayDelivery, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const found = await findDelivery(tx, deliveryId);
        // Nobody disables the endpoint, and so gives up its deliveries, between the check and the change.
        const endpoint = found && (await shareEndpoint(tx, found.endpointId));
        if (endpoint === undefined) throw notFound();
        if (endpoint.disabled) throw fail("ENDPOINT_DISABLED", { endpoint_id: endpoint.id });
        const delivery = await reopenDelivery(tx, { id: deliveryId, now: clock() });
        if (delivery === undefined) throw notFound();
        tx.afterCommit(() => dispatcher.wake());
        return toDelivery(delivery);
      }),
    );
  };
}
