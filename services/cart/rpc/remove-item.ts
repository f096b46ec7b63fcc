import type { MethodImpl } from "@connectrpc/connect";
import { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { withQuantity } from "../cart.ts";
import { editCart } from "../change.ts";
import { changeKey } from "../keys.ts";
import type { CartDeps } from "../service.ts";

/** Removes a SKU; one that is not there changes nothing. */
export function removeItem(deps: CartDeps): MethodImpl<typeof CartService.method.removeItem> {
  return async (req, ctx) =>
    editCart(deps, ctx, {
      cartId: req.cartId,
      key: changeKey(CartService.method.removeItem, req),
      edit: (cart) => withQuantity(cart, req.sku, 0),
    });
}
