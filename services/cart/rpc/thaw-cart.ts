import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { thawed, touched } from "../cart.ts";
import { changeCart } from "../change.ts";
import type { CartDeps } from "../service.ts";

/** Opens a cart that is frozen for this order; any other stays as it is. */
export function thawCart(deps: CartDeps): MethodImpl<typeof CartService.method.thawCart> {
  return async ({ cartId, orderId }, ctx) =>
    changeCart(deps, ctx, cartId, async (cart, now) => ({
      next: touched(cart, thawed(cart, orderId), now),
      answer: {},
    }));
}
