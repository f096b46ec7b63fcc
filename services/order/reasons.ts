import { Code, type ConnectError } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";
import type { Order } from "./order.ts";

/** Everything that can go wrong in Order, as callers see it. */
export const fail = defineReasons({
  ORDER_NOT_FOUND: {
    code: Code.NotFound,
    message: "order {order_id} does not exist",
  },
  ORDER_NOT_PENDING: {
    code: Code.FailedPrecondition,
    message: "order {order_id} is {state}; it does not wait for a payment",
  },
  ORDER_NOT_CANCELABLE: {
    code: Code.FailedPrecondition,
    message: "order {order_id} is {state}; it can no longer be canceled",
  },
  DELIVERY_MISSING: {
    code: Code.FailedPrecondition,
    message: "the cart has no {missing}; set its delivery first",
  },
  TOTAL_CHANGED: {
    code: Code.Aborted,
    message: "the items cost {item_total} {currency_code} now, not {expected_item_total}",
  },
  ORDER_TOTAL_CHANGED: {
    code: Code.FailedPrecondition,
    message: "the order comes to {actual} {currency_code} in minor units, not {expected}: {notices}",
  },
  CART_ALREADY_ORDERED: {
    code: Code.AlreadyExists,
    message: "cart {cart_id} has become order {order_id}",
  },
  CHECKOUT_IN_PROGRESS: {
    code: Code.Aborted,
    message: "another call is making the order of cart {cart_id}; try again",
  },
  REQUEST_ID_REUSED: {
    code: Code.AlreadyExists,
    message: "request_id {request_id} was used before with another request",
  },
  SHIPPING_METHOD_NOT_FOUND: {
    code: Code.InvalidArgument,
    message: "order {order_id} has no shipping method {shipping_method_id}",
  },
  SHIPPING_METHOD_MISSING: {
    code: Code.FailedPrecondition,
    message: "order {order_id} has no shipping method yet; choose one of its shipping_methods",
  },
  HOLD_EXPIRED: {
    code: Code.FailedPrecondition,
    message: "the goods of order {order_id} were held until {hold_expire_time} and are gone",
  },
  PAYMENT_IN_PROGRESS: {
    code: Code.Aborted,
    message: "payment {payment_id} of order {order_id} is being processed; ask again in a moment",
  },
  PAYMENT_DECLINED: {
    code: Code.FailedPrecondition,
    message: "the payment was declined: {decline_message}",
  },
  PAYMENT_METHOD_INVALID: {
    code: Code.InvalidArgument,
    message: "the payment provider does not accept this payment method: {provider_message}",
  },
  PAYMENT_METHOD_NOT_FOUND: {
    code: Code.NotFound,
    message: "the customer has saved no payment method {payment_method_id}",
  },
  ACCOUNT_REQUIRED: {
    code: Code.PermissionDenied,
    message: "only customers who are signed in have saved payment methods",
  },
  SHIPPING_UNAVAILABLE: {
    code: Code.FailedPrecondition,
    message: "no carrier and no flat rate ships there at a price in {currency_code}",
  },
  PAYMENT_NOT_CAPTURED: {
    code: Code.FailedPrecondition,
    message: "the authorized money of order {order_id} could not be taken; the order is canceled",
  },
  PROMOTION_EXHAUSTED: {
    code: Code.Aborted,
    message: "promotion {promotion_id} (code {code}) is used up by others; look at the cart, and try again",
  },
  ORDER_NOT_PAID: {
    code: Code.FailedPrecondition,
    message: "order {order_id} is {state}; no money of it is here",
  },
  SKU_NOT_IN_ORDER: {
    code: Code.InvalidArgument,
    message: "order {order_id} has no {sku}",
  },
  REFUND_QUANTITY_TOO_LARGE: {
    code: Code.FailedPrecondition,
    message: "of {sku} {refundable} units of order {order_id} can be refunded, not {requested}",
  },
  SHIPPING_REFUNDED: {
    code: Code.FailedPrecondition,
    message: "the shipping of order {order_id} was refunded before",
  },
  REFUND_TOO_LARGE: {
    code: Code.FailedPrecondition,
    message: "the payment of order {order_id} has {refundable} {currency_code} left, in minor units",
  },
  REFUND_REFUSED: {
    code: Code.FailedPrecondition,
    message: "the payment provider does not give the money of order {order_id} back: {provider_message}",
  },
  PAYMENT_DISPUTED: {
    code: Code.FailedPrecondition,
    message:
      "the bank has taken money of order {order_id}, payment {payment_id}, back; at most {refundable} {currency_code} in minor units can be given back",
  },
  ORDERS_OPEN: {
    code: Code.FailedPrecondition,
    message: "order {order_id} is not finished yet",
  },
});

/** The failure of an order whose goods are no longer held. */
export function holdExpired({ id, holdExpireTime }: Order): ConnectError {
  return fail("HOLD_EXPIRED", { order_id: id, hold_expire_time: holdExpireTime.toISOString() });
}
