import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** What this API is refused with besides what the core services say. */
export const fail = defineReasons({
  /** The id is no order's of this API, and no customer's with orders. */
  ORDERS_NOT_FOUND: { code: Code.NotFound, message: "no order or customer {id} with orders was found" },
  /** Nothing was ordered; the cart is as it was. */
  ITEM_SHORT: {
    code: Code.FailedPrecondition,
    message: "product {product_id}: {requested} requested, {available} available",
  },
  CART_NOT_FOUND: { code: Code.NotFound, message: "customer {customer_id} has no open cart" },
  /** What a part of the shop could not do now; the call may be repeated. */
  UPSTREAM_FAILED: { code: Code.Internal, message: "the order could not be made now" },
});
