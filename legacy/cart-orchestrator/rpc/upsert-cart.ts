import type { MethodImpl } from "@connectrpc/connect";
import type { CartOrchestratorService } from "../../../gen/rowlock/legacy/cart_orchestrator/v1/cart_orchestrator_pb.js";
import { newId } from "../../../lib/ids/ids.ts";
import { createFacadeCart, findOpenCart, setLines } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { guestOf } from "../../guest.ts";
import { resolveSkus } from "../../variant.ts";
import { showCart } from "../show-cart.ts";

/** Of the client's lines only products and quantities count: the rest is the catalog's to say. */
export function upsertCart(deps: FacadeDeps): MethodImpl<typeof CartOrchestratorService.method.upsertCart> {
  return async ({ cart: wanted }, ctx) => {
    const id = wanted?.id || newId("cart");
    const items = wanted?.lineItems ?? [];
    const skus = await resolveSkus(
      deps,
      ctx,
      items.map(({ productId }) => productId),
    );
    const quantities = new Map<string, bigint>();
    skus.forEach((sku, i) => quantities.set(sku, (quantities.get(sku) ?? 0n) + (items[i]?.quantity ?? 0n)));
    const guest = guestOf(deps, id);
    const found = await findOpenCart(deps, ctx, guest);
    const cart = await setLines(deps, ctx, {
      cart: found ?? (await createFacadeCart(deps, ctx, guest)),
      quantities,
    });
    return showCart(deps, ctx, { id, cart });
  };
}
