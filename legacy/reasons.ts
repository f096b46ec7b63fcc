import { Code } from "@connectrpc/connect";
import { defineReasons } from "../lib/errors/reasons.ts";

/** What every facade can be refused with besides what the core services say. */
export const failLegacy = defineReasons({
  /** There is none with this id, or it did not come through this API. */
  ORDER_NOT_FOUND: { code: Code.NotFound, message: "order {order_id} does not exist" },
  /** There is none with this id, or its order did not come through this API. */
  PAYMENT_NOT_FOUND: { code: Code.NotFound, message: "payment {payment_id} does not exist" },
  CART_NOT_FOUND: { code: Code.NotFound, message: "cart {cart_id} does not exist" },
});
