import type { MethodImpl } from "@connectrpc/connect";
import type { CartOrchestratorService } from "../../../gen/rowlock/legacy/cart_orchestrator/v1/cart_orchestrator_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { setLines } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { guestOf } from "../../guest.ts";
import { openCart } from "../../open-cart.ts";
import { quantitiesBySku } from "../../variant.ts";
import { paymentMethodOf, withPaymentMethod } from "../payment-method.ts";
import { showCart } from "../show-cart.ts";

/** Of the client's lines only products and quantities count: the rest is the catalog's to say. */
export function upsertCart(deps: FacadeDeps): MethodImpl<typeof CartOrchestratorService.method.upsertCart> {
  return async ({ cart: wanted }, ctx) => {
    if (wanted === undefined) throw invalidArgument([{ field: "cart", description: "is required" }]);
    const id = wanted.id || newId("cart");
    const quantities = await quantitiesBySku(deps, ctx, wanted.lineItems);
    const cart = await openCart(deps, ctx, guestOf(deps, id));
    if (paymentMethodOf(cart) !== wanted.paymentMethod) {
      const metadata = withPaymentMethod(wanted.paymentMethod);
      await deps.carts.setCartMetadata({ cartId: cart.id, metadata }, outgoing(ctx));
    }
    const changed = await setLines(deps, ctx, { cart, quantities });
    return showCart(deps, ctx, { id, cart: changed, paymentMethod: wanted.paymentMethod });
  };
}
