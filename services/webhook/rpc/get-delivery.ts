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
  return async ({ deliveryId }) => {
    const delivery = await findDelivery(db, deliveryId);
    if (delivery === undefined) throw fail("DELIVERY_NOT_FOUND", { delivery_id: deliveryId });
    const attempts = await listAttempts(db, { deliveryId, limit: shownAttempts });
    return {
      ...toDelivery(delivery),
      payload: payloadOf(delivery.event),
      attempts: attempts.map(toAttempt),
    };
  };
}
