import type { MethodImpl } from "@connectrpc/connect";
import { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toCoupon } from "../convert.ts";
import { storedCode } from "../coupon-code.ts";
import { fail } from "../reasons.ts";
import type { PromotionParts } from "../service.ts";
import { disableCouponRow } from "../store-coupon.ts";

/** Ends a coupon for good; disabling it again changes nothing. */
export function disableCoupon({
  db,
  clock,
}: PromotionParts): MethodImpl<typeof PromotionService.method.disableCoupon> {
  return async (request, ctx) => {
    const call = keyedCall(PromotionService.method.disableCoupon, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const code = storedCode(request.code);
        const row = await disableCouponRow(tx, { code, now: clock() });
        if (row === undefined) throw fail("COUPON_NOT_FOUND", { code });
        return toCoupon(row);
      }),
    );
  };
}
