import type { Validator } from "@bufbuild/protovalidate";
import type { MethodImpl } from "@connectrpc/connect";
import { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toContent, toPromotion } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { PromotionParts } from "../service.ts";
import { lockPromotions, updatePromotionRow } from "../store-promotion.ts";
import { checkChange, merge, readChange } from "../update-mask.ts";

/**
 * Changes the fields that the mask names, on the locked row: of two updates with the same etag the second finds
 * another one and fails. Safe to retry with a request_id, etag or not.
 */
export function updatePromotion({
  db,
  clock,
  automatic,
  validator,
}: PromotionParts & { validator: Validator }): MethodImpl<typeof PromotionService.method.updatePromotion> {
  return async (request, ctx) => {
    const change = readChange(request);
    const { promotionId } = change;
    const call = keyedCall(PromotionService.method.updatePromotion, request, ctx);
    const updated = await db.transaction((tx) =>
      once(tx, call, async () => {
        const [row] = await lockPromotions(tx, [promotionId]);
        if (row === undefined) throw fail("PROMOTION_NOT_FOUND", { promotion_id: promotionId });
        const present = toPromotion(row);
        if (change.etag !== "" && change.etag !== present.etag) {
          throw fail("ETAG_MISMATCH", { promotion_id: promotionId, etag: present.etag });
        }
        const promotion = merge(present, change);
        checkChange(validator, promotion, change);
        const content = toContent(promotion);
        return toPromotion(await updatePromotionRow(tx, { id: promotionId, content, now: clock() }));
      }),
    );
    automatic.forget();
    return updated;
  };
}
