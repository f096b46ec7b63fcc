import type { MethodImpl } from "@connectrpc/connect";
import { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { editCart } from "../change.ts";
import { toDelivery } from "../delivery.ts";
import { changeKey } from "../keys.ts";
import type { CartDeps } from "../service.ts";

/** Sets where the goods go and how the buyer is reached. */
export function setDelivery(deps: CartDeps): MethodImpl<typeof CartService.method.setDelivery> {
  return async (req, ctx) => {
    const delivery = toDelivery(req);
    return editCart(deps, ctx, {
      cartId: req.cartId,
      key: changeKey(CartService.method.setDelivery, req),
      edit: (cart) => ({ ...cart, ...delivery }),
    });
  };
}
