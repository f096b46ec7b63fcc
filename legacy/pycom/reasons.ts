import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** What this API refuses besides what all facades and the core services do. */
export const fail = defineReasons({
  PRODUCT_NOT_FOUND: { code: Code.NotFound, message: "product {id} is not on sale" },
  CART_EMPTY: { code: Code.FailedPrecondition, message: "the cart is empty" },
  CUSTOMER_ONLY: {
    code: Code.PermissionDenied,
    message: "only a customer who has signed in has a cart for it",
  },
});
