import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { ordered, touched } from "../cart.ts";
import { changeCart } from "../change.ts";
import type { CartDeps } from "../service.ts";

/** Marks the cart as ordered, for good; refused only when it became another order before. */
export function completeCart(deps: CartDeps): MethodImpl<typeof CartService.method.completeCart> {
  return async ({ cartId, orderId }, ctx) =>
    changeCart(deps, ctx, cartId, async (cart, now) => ({
      next: touched(cart, ordered(cart, orderId), now),
      answer: { owner: cart.owner },
    }));
}
