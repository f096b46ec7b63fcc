import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Promotion, as callers see it. */
export const fail = defineReasons({
  PROMOTION_NOT_FOUND: { code: Code.NotFound, message: "promotion {promotion_id} does not exist" },
  COUPON_NOT_FOUND: { code: Code.NotFound, message: "coupon {code} does not exist" },
  /** The details name every field at fault, the metadata the first. */
  PROMOTION_INVALID: { code: Code.InvalidArgument, message: "{field}: {description}" },
  UPDATE_MASK_INVALID: { code: Code.InvalidArgument, message: "update_mask: {description}" },
  /** The promotion changed since the caller read it: read it again. */
  ETAG_MISMATCH: { code: Code.Aborted, message: "promotion {promotion_id} has changed; its etag is {etag}" },
  PROMOTION_AUTOMATIC: {
    code: Code.FailedPrecondition,
    message: "promotion {promotion_id} applies by itself and takes no coupons",
  },
  COUPON_EXISTS: { code: Code.AlreadyExists, message: "coupon {code} exists" },
  CURRENCY_MIXED: {
    code: Code.InvalidArgument,
    message: "{field} is in {currency_code}, what comes before it in {expected}",
  },
  LIMIT_REACHED: { code: Code.Aborted, message: "promotion {promotion_id} is used up" },
  CUSTOMER_LIMIT_REACHED: {
    code: Code.Aborted,
    message: "the customer has used promotion {promotion_id} as often as allowed",
  },
  PROMOTION_NOT_ACTIVE: { code: Code.Aborted, message: "promotion {promotion_id} cannot be used: {why}" },
  REDEMPTION_MISMATCH: {
    code: Code.AlreadyExists,
    message: "order {order_id} has redeemed other promotions",
  },
  REDEMPTION_RELEASED: {
    code: Code.FailedPrecondition,
    message: "order {order_id} has been released and can redeem nothing",
  },
});
