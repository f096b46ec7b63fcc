import { Code, type ConnectError } from "@connectrpc/connect";
import { defineReasons, failure } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Cart, as callers see it. */
export const fail = defineReasons({
  /** It never existed, or was forgotten 30 days after its last change. */
  CART_NOT_FOUND: { code: Code.NotFound, message: "cart {cart_id} does not exist" },
  /** `state` is FROZEN (an order is being made; try again) or ORDERED (make a new cart). */
  CART_NOT_OPEN: { code: Code.FailedPrecondition, message: "cart {cart_id} is {state} and cannot change" },
  /** Too many changes of the same cart at once; nothing was changed, the call may be repeated. */
  CART_BUSY: { code: Code.Aborted, message: "cart {cart_id} is being changed by other calls" },
  /** The buyer for whom the cart shall be ordered does not hold its token. */
  NOT_OWNER: { code: Code.PermissionDenied, message: "cart {cart_id} belongs to somebody else" },
  CART_EMPTY: { code: Code.FailedPrecondition, message: "cart {cart_id} is empty" },
  CART_LINE_INVALID: {
    code: Code.FailedPrecondition,
    message: "{sku} is no longer on sale in {currency_code}",
  },
  CART_FULL: { code: Code.FailedPrecondition, message: "cart {cart_id} may hold {limit} different SKUs" },
  /** The sum would not fit the 15 digits of an amount. */
  CART_TOTAL_TOO_LARGE: {
    code: Code.FailedPrecondition,
    message: "the total of cart {cart_id} has more than 15 digits",
  },
  SKU_NOT_FOUND: { code: Code.NotFound, message: "{sku} is not on sale" },
  PRICE_MISSING: { code: Code.FailedPrecondition, message: "{sku} has no price in {currency_code}" },
  INSUFFICIENT_STOCK: { code: Code.Aborted, message: "{sku}: {requested} requested, {available} available" },
  QUANTITY_TOO_LARGE: {
    code: Code.OutOfRange,
    message: "{sku}: {quantity} units would be more than the {limit} allowed in a cart",
  },
  COUPON_NOT_FOUND: { code: Code.NotFound, message: "there is no coupon {code}" },
  COUPONS_FULL: { code: Code.FailedPrecondition, message: "cart {cart_id} may hold {limit} coupons" },
  REQUEST_ID_REUSED: {
    code: Code.AlreadyExists,
    message: "request_id {request_id} was used before with another request",
  },
  /** The store of carts cannot be reached; the call may be repeated. */
  CART_STORE_UNAVAILABLE: { code: Code.Unavailable, message: "carts cannot be reached at the moment" },
});

/** CART_NOT_FOUND for a caller none of whose carts is open: there is no cart to name. */
export function noCurrentCart(): ConnectError {
  return failure({ code: Code.NotFound, reason: "CART_NOT_FOUND", message: "the caller has no open cart" });
}
