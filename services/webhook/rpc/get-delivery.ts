import type { MethodImpl } from "@connectrpc/connect";
import type { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { toAttempt, toDelivery } from "../convert.ts";
import { payloadOf } from "../delivery.ts";
import { fail } from "../reasons.ts";
import type { WebhookParts } from "../service.ts";
import { findDelivery, listAttempts } from "../store-delivery.ts";

/** Attempts that are shown at most. */
const shownAttempts = 50;

/** Returns one delivery with what is sent and every attempt. */
export function getDelivery({ db }: WebhookParts): MethodImpl<typeof WebhookService.method.getDelivery> {
  return ({ deliveryId }) =>
    db.transaction(
      async (tx) => {
        const delivery = await findDelivery(tx, deliveryId);
        if (delivery === undefined) throw fail("DELIVERY_NOT_FOUND", { delivery_id: deliveryId });
        const attempts = await listAttempts(tx, { deliveryId, limit: shownAttempts });
        return {
          ...toDelivery(delivery),
          payload: payloadOf(delivery.event),
          attempts: attempts.map(toAttempt),
        };
      },
      // Both as of one moment.
      { isolation: "repeatable read", readOnly: true },
    );
}
