import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { withMetadata } from "../cart.ts";
import { editCart } from "../change.ts";
import type { CartDeps } from "../service.ts";

/** Replaces what a shop front keeps with its cart. */
export function setCartMetadata(deps: CartDeps): MethodImpl<typeof CartService.method.setCartMetadata> {
  return async ({ cartId, metadata }, ctx) =>
    editCart(deps, ctx, { cartId, key: undefined, edit: (cart) => withMetadata(cart, metadata) });
}
