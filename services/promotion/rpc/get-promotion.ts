import type { MethodImpl } from "@connectrpc/connect";
import type { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { toPromotion } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { PromotionParts } from "../service.ts";
import { findPromotion } from "../store-promotion.ts";

/** Returns one promotion, as it stands in the tables. */
export function getPromotion({
  db,
}: PromotionParts): MethodImpl<typeof PromotionService.method.getPromotion> {
  return async ({ promotionId }) => {
    const row = await findPromotion(db, promotionId);
    if (row === undefined) throw fail("PROMOTION_NOT_FOUND", { promotion_id: promotionId });
    return toPromotion(row);
  };
}
