import type { MethodImpl } from "@connectrpc/connect";
import { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { editCart } from "../change.ts";
import { requireCoupon, withCoupon } from "../coupons.ts";
import { changeKey } from "../keys.ts";
import type { CartDeps } from "../service.ts";

/** Puts a coupon's code into the cart, whether or not it gives something now. */
export function applyCoupon(deps: CartDeps): MethodImpl<typeof CartService.method.applyCoupon> {
  return async (req, ctx) =>
    editCart(deps, ctx, {
      cartId: req.cartId,
      key: changeKey(CartService.method.applyCoupon, req),
      edit: (cart) => withCoupon(cart, req.code),
      accept: (answer) => requireCoupon(answer, req.code),
    });
}
