import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { cleared } from "../cart.ts";
import { editCart } from "../change.ts";
import type { CartDeps } from "../service.ts";

/** Removes all lines. */
export function clearCart(deps: CartDeps): MethodImpl<typeof CartService.method.clearCart> {
  return async ({ cartId }, ctx) => editCart(deps, ctx, { cartId, edit: cleared });
}
