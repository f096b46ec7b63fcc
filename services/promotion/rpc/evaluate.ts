import type { MethodImpl } from "@connectrpc/connect";
import type { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { readCart } from "../cart.ts";
import { toEvaluation } from "../convert.ts";
import { storedCode } from "../coupon-code.ts";
import { storedCustomerKey } from "../customer-key.ts";
import { evaluateCart } from "../evaluate.ts";
import { findOffers } from "../offers.ts";
import type { PromotionParts } from "../service.ts";

/** Says what promotions take off a cart. Counts and promises nothing. */
export function evaluate({
  db,
  clock,
  automatic,
}: PromotionParts): MethodImpl<typeof PromotionService.method.evaluate> {
  return async (request) => {
    const cart = readCart(request);
    // A code given twice is one code, in its first spelling.
    const given = new Map(request.codes.toReversed().map((code) => [storedCode(code), code]));
    const codes = [...new Set(request.codes.map(storedCode))];
    const customerKey = storedCustomerKey(request.customerKey);
    const offers = await findOffers({ db, automatic }, { codes, customerKey, orderId: request.orderId });
    const { discounts, refused } = evaluateCart({ cart, offers, now: clock() });
    const known = new Set(offers.map(({ coupon }) => coupon?.code));
    const reasons = new Map(refused.map(({ offer, reason }) => [offer.coupon?.code, reason]));
    const refusedCodes = codes.flatMap((code) => {
      const reason = known.has(code) ? reasons.get(code) : "COUPON_NOT_FOUND";
      return reason === undefined ? [] : [{ code: given.get(code) ?? code, reason }];
    });
    return toEvaluation({ currency: cart.currency, discounts, refusedCodes });
  };
}
