import type { MethodImpl } from "@connectrpc/connect";
import type { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { invalidArgument, reasonOf } from "../../../lib/errors/reasons.ts";
import { toRedemption } from "../convert.ts";
import { storedCode } from "../coupon-code.ts";
import { storedCustomerKey } from "../customer-key.ts";
import { redeemUses } from "../redeem.ts";
import type { PromotionParts } from "../service.ts";

/** Counts what an order uses against the limits, all or nothing. Safe to retry. */
export function redeem({
  db,
  clock,
  log,
  automatic,
}: PromotionParts): MethodImpl<typeof PromotionService.method.redeem> {
  return async ({ orderId, promotions, customerKey }) => {
    const twice = promotions.findIndex(
      ({ promotionId }, i) => promotions.findIndex((each) => each.promotionId === promotionId) < i,
    );
    if (twice >= 0) {
      throw invalidArgument([
        { field: `promotions[${twice}].promotion_id`, description: "stands there twice" },
      ]);
    }
    const redeeming = {
      orderId,
      uses: promotions.map(({ promotionId, code }) => ({ promotionId, code: storedCode(code) })),
      customerKey: storedCustomerKey(customerKey),
      now: clock(),
    };
    try {
      return toRedemption(await db.transaction((tx) => redeemUses(tx, redeeming, log)));
    } catch (err) {
      // What a cart was promised by the remembered promotions is not so: whoever evaluates again is to learn it.
      if (reasonOf(err) !== undefined) automatic.forget();
      throw err;
    }
  };
}
