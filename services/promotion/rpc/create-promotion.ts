import type { MethodImpl } from "@connectrpc/connect";
import { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { toContent, toPromotion } from "../convert.ts";
import type { PromotionParts } from "../service.ts";
import { insertPromotion } from "../store-promotion.ts";
import { checkTogether } from "../update-mask.ts";

/** Makes a promotion. Safe to retry with a request_id. */
export function createPromotion({
  db,
  clock,
  automatic,
}: PromotionParts): MethodImpl<typeof PromotionService.method.createPromotion> {
  return async (request, ctx) => {
    const { promotion } = request;
    if (promotion === undefined) {
      throw invalidArgument([{ field: "promotion", description: "value is required" }]);
    }
    checkTogether({ ...promotion, redeemed: 0n });
    const call = keyedCall(PromotionService.method.createPromotion, request, ctx);
    const made = await db.transaction((tx) =>
      once(tx, call, async () => {
        const content = toContent(promotion);
        return toPromotion(await insertPromotion(tx, { id: newId("prm"), content, now: clock() }));
      }),
    );
    automatic.forget();
    return made;
  };
}
