import type { MethodImpl } from "@connectrpc/connect";
import { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { type CartDocument, withQuantity } from "../cart.ts";
import { editCart } from "../change.ts";
import { changeKey } from "../keys.ts";
import type { CartDeps } from "../service.ts";
import { requireSku } from "../sku.ts";

/** Sets the units of a SKU; 0 removes it, whatever Catalog and Inventory say of it. */
export function setItem(deps: CartDeps): MethodImpl<typeof CartService.method.setItem> {
  return async (req, ctx) => {
    const { cartId, sku, quantity } = req;
    const change = {
      cartId,
      key: changeKey(CartService.method.setItem, req),
      edit: (cart: CartDocument) => withQuantity(cart, sku, Number(quantity)),
    };
    if (quantity === 0n) {
      return editCart(deps, ctx, change);
    }
    requireSku(sku);
    return editCart(deps, ctx, { ...change, sku });
  };
}
