import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** What this API can be refused with besides what the core services say. */
export const fail = defineReasons({
  /** There is none with this id, or it is no longer sold. */
  PRODUCT_NOT_FOUND: { code: Code.NotFound, message: "product {product_id} does not exist" },
  CART_EMPTY: { code: Code.FailedPrecondition, message: "the cart is empty" },
  /** The bank wants to ask the buyer (3-D Secure), and this API has no way for that. */
  PAYMENT_NEEDS_BUYER: {
    code: Code.FailedPrecondition,
    message: "the bank wants order {order_id}'s buyer to confirm the payment; another card may do without",
  },
  /** The provider has not said yet whether it has the money; paying again asks. */
  PAYMENT_IN_PROGRESS: {
    code: Code.Aborted,
    message: "payment {payment_id} of order {order_id} is being processed; ask again in a moment",
  },
  LABEL_NOT_BOUGHT: {
    code: Code.FailedPrecondition,
    message: "the label of shipment {shipment_id} is not bought yet; it is once its order is paid",
  },
});
