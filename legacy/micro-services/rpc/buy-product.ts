import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { inNameOf } from "../../guest.ts";
import { openCart } from "../../open-cart.ts";
import { toCart } from "../cart.ts";
import { requireGuest } from "../session.ts";
import { requireProduct } from "../show-products.ts";

/** Adds units of a product's first SKU to the cart. */
export function buyProduct(deps: FacadeDeps): MethodImpl<typeof MicroServicesService.method.buyProduct> {
  return async ({ productId, quality: quantity, requestId }, ctx) => {
    const { variants } = await requireProduct(deps, ctx, productId);
    const sku = variants[0]?.sku ?? "";
    const guest = requireGuest(deps, ctx);
    const { id: cartId } = await openCart(deps, ctx, guest);
    return toCart(await deps.carts.addItem({ cartId, sku, quantity, requestId }, inNameOf(ctx, guest)));
  };
}
