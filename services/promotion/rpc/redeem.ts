import type { MethodImpl } from "@connectrpc/connect";
import type { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { createBatcher } from "../../../lib/batch.ts";
import { invalidArgument, reasonOf } from "../../../lib/errors/reasons.ts";
import { toRedemption } from "../convert.ts";
import { storedCode } from "../coupon-code.ts";
import { storedCustomerKey } from "../customer-key.ts";
import { redeemAll } from "../redeem.ts";
import type { PromotionParts } from "../service.ts";
import type { Redeeming, RedemptionRow } from "../store-redemption.ts";

/** Most orders of one transaction. */
const maxBatch = 256;

/**
 * Counts what an order uses against the limits, all or nothing. Safe to retry. Calls that arrive while a transaction
 * is under way share the next one, so that a code everybody has is not given out one commit at a time.
 */
export function redeem({
  db,
  clock,
  log,
  automatic,
}: PromotionParts): MethodImpl<typeof PromotionService.method.redeem> {
  const redeemOne = createBatcher<Redeeming, RedemptionRow>({
    maxItems: maxBatch,
    run: (redeemings) => redeemAll(db, { redeemings, now: clock(), log }),
  });
  return async ({ orderId, promotions, customerKey }, { signal }) => {
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
    };
    try {
      return toRedemption(await redeemOne(redeeming, { signal }));
    } catch (err) {
      // What a cart was promised by the remembered promotions is not so: whoever evaluates again is to learn it.
      if (reasonOf(err) !== undefined) automatic.forget();
      throw err;
    }
  };
}
