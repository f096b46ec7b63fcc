import type { MethodImpl } from "@connectrpc/connect";
import { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { cleared } from "../cart.ts";
import { editCart } from "../change.ts";
import { changeKey } from "../keys.ts";
import type { CartDeps } from "../service.ts";

/** Removes all lines. */
export function clearCart(deps: CartDeps): MethodImpl<typeof CartService.method.clearCart> {
  return async (req, ctx) =>
    editCart(deps, ctx, {
      cartId: req.cartId,
      key: changeKey(CartService.method.clearCart, req),
      edit: cleared,
    });
}
