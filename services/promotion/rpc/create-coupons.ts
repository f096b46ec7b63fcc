import type { MethodImpl } from "@connectrpc/connect";
import {
  type CreateCouponsRequest,
  PromotionService,
} from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toCoupon } from "../convert.ts";
import { randomCode, storedCode } from "../coupon-code.ts";
import { fail } from "../reasons.ts";
import type { PromotionParts } from "../service.ts";
import { insertCoupons } from "../store-coupon.ts";
import { findPromotion } from "../store-promotion.ts";

/** Makes coupons, named or with random codes; all or none. Safe to retry with a request_id. */
export function createCoupons({
  db,
  clock,
}: PromotionParts): MethodImpl<typeof PromotionService.method.createCoupons> {
  return async (request, ctx) => {
    const { promotionId, limit } = request;
    const codes = codesOf(request);
    const call = keyedCall(PromotionService.method.createCoupons, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const promotion = await findPromotion(tx, promotionId);
        if (promotion === undefined) throw fail("PROMOTION_NOT_FOUND", { promotion_id: promotionId });
        if (promotion.automatic) throw fail("PROMOTION_AUTOMATIC", { promotion_id: promotionId });
        const now = clock();
        const made = await insertCoupons(tx, { codes, promotionId, limit, now });
        const taken = codes.find((code) => !made.has(code));
        if (taken !== undefined) throw fail("COUPON_EXISTS", { code: taken });
        const coupon = {
          promotion_id: promotionId,
          order_limit: limit,
          redeemed: 0n,
          disable_time: null,
          create_time: now,
        };
        return { coupons: codes.map((code) => toCoupon({ ...coupon, code })) };
      }),
    );
  };
}

/** The codes to be made. @throws INVALID_ARGUMENT */
function codesOf({ codes, count, prefix }: CreateCouponsRequest): string[] {
  if (codes.length === 0 && count === 0) {
    throw invalidArgument([{ field: "codes", description: "give some, or a count" }]);
  }
  if (codes.length === 0) return Array.from({ length: count }, () => randomCode(prefix));
  if (count > 0) throw invalidArgument([{ field: "count", description: "must be 0 beside codes" }]);
  if (prefix !== "") throw invalidArgument([{ field: "prefix", description: "is for random codes" }]);
  const stored = codes.map(storedCode);
  const first = new Map(stored.toReversed().map((code, i) => [code, stored.length - 1 - i]));
  const twice = stored.findIndex((code, i) => first.get(code) !== i);
  if (twice >= 0) {
    throw invalidArgument([
      { field: `codes[${twice}]`, description: "stands there twice, in other letters" },
    ]);
  }
  return stored;
}
