import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { withQuantity } from "../cart.ts";
import { editCart } from "../change.ts";
import type { CartDeps } from "../service.ts";
import { requireSku } from "../sku.ts";

/** Sets the units of a SKU; 0 removes it, whatever Catalog and Inventory say of it. */
export function setItem(deps: CartDeps): MethodImpl<typeof CartService.method.setItem> {
  return async ({ cartId, sku, quantity }, ctx) => {
    const edit = (cart: Parameters<typeof withQuantity>[0]) => withQuantity(cart, sku, Number(quantity));
    if (quantity === 0n) {
      return editCart(deps, ctx, { cartId, edit });
    }
    requireSku(sku);
    return editCart(deps, ctx, { cartId, edit, sku });
  };
}
