import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { withQuantity } from "../cart.ts";
import { editCart } from "../change.ts";
import type { CartDeps } from "../service.ts";

/** Removes a SKU; one that is not there changes nothing. */
export function removeItem(deps: CartDeps): MethodImpl<typeof CartService.method.removeItem> {
  return async ({ cartId, sku }, ctx) =>
    editCart(deps, ctx, { cartId, edit: (cart) => withQuantity(cart, sku, 0) });
}
