import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { inNameOf } from "../../guest.ts";
import { openCart } from "../../open-cart.ts";
import { skusOf, toCart } from "../cart.ts";
import { fail } from "../reasons.ts";
import { requireGuest } from "../session.ts";
import { findProduct } from "../show-products.ts";

/** Sets the units of a product: of its SKU in the cart, else of its first one. */
export function setCartProduct(
  deps: FacadeDeps,
): MethodImpl<typeof MicroServicesService.method.setCartProduct> {
  return async ({ productId, quality: quantity = 0n, requestId }, ctx) => {
    const product = await findProduct(deps, ctx, productId);
    if (product === undefined) throw fail("PRODUCT_NOT_FOUND", { product_id: productId });
    const guest = requireGuest(deps, ctx);
    const cart = await openCart(deps, ctx, guest);
    const sku = skusOf(product, cart)[0] ?? product.variants[0]?.sku ?? "";
    return toCart(
      await deps.carts.setItem({ cartId: cart.id, sku, quantity, requestId }, inNameOf(ctx, guest)),
    );
  };
}
