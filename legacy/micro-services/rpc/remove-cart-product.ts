import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { inNameOf } from "../../guest.ts";
import { skusOf, toCart } from "../cart.ts";
import { fail } from "../reasons.ts";
import { requestKey } from "../request-key.ts";
import { findGuest } from "../session.ts";
import { findProduct } from "../show-products.ts";

/** Removes a product from the cart, also one that is no longer sold. Repeating it changes nothing. */
export function removeCartProduct(
  deps: FacadeDeps,
): MethodImpl<typeof MicroServicesService.method.removeCartProduct> {
  return async ({ productId, requestId }, ctx) => {
    const product = await findProduct(deps, ctx, productId);
    if (product === undefined) throw fail("PRODUCT_NOT_FOUND", { product_id: productId });
    const guest = findGuest(deps, ctx);
    let cart = guest && (await findOpenCart(deps, ctx, guest));
    if (guest === undefined || cart === undefined) return toCart(undefined);
    const { id: cartId } = cart;
    for (const sku of skusOf(product, cart)) {
      cart = await deps.carts.removeItem(
        { cartId, sku, requestId: requestKey(requestId, sku) },
        inNameOf(ctx, guest),
      );
    }
    return toCart(cart);
  };
}
