import type { MethodImpl } from "@connectrpc/connect";
import { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { quantityOf, withQuantity } from "../cart.ts";
import { editCart } from "../change.ts";
import { changeKey } from "../keys.ts";
import type { CartDeps } from "../service.ts";
import { requireSku } from "../sku.ts";

/** Adds units of a SKU. */
export function addItem(deps: CartDeps): MethodImpl<typeof CartService.method.addItem> {
  return async (req, ctx) => {
    const { cartId, sku, quantity } = req;
    requireSku(sku);
    return editCart(deps, ctx, {
      cartId,
      sku,
      key: changeKey(CartService.method.addItem, req),
      edit: (cart) => withQuantity(cart, sku, quantityOf(cart, sku) + Number(quantity)),
    });
  };
}
