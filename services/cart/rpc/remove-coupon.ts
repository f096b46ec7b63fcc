import type { MethodImpl } from "@connectrpc/connect";
import { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { editCart } from "../change.ts";
import { withoutCoupon } from "../coupons.ts";
import { changeKey } from "../keys.ts";
import type { CartDeps } from "../service.ts";

/** Takes a coupon's code out of the cart; one that is not there changes nothing. */
export function removeCoupon(deps: CartDeps): MethodImpl<typeof CartService.method.removeCoupon> {
  return async (req, ctx) =>
    editCart(deps, ctx, {
      cartId: req.cartId,
      key: changeKey(CartService.method.removeCoupon, req),
      edit: (cart) => withoutCoupon(cart, req.code),
    });
}
