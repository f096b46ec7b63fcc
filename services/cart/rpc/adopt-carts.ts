import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { findCart, untilWritten } from "../compare-and-set.ts";
import { findCurrent, finishAllMerges } from "../current.ts";
import { finishMerge } from "../finish-merge.ts";
import { canMerge, claimed, isOpen } from "../merge.ts";
import type { CartDeps } from "../service.ts";

/**
 * Gives a guest's carts to a customer, and the open ones' lines to the customer's current cart. Safe to
 * repeat, also at the same time: each cart is claimed once, and what a call that died had claimed is finished.
 */
export function adoptCarts(deps: CartDeps): MethodImpl<typeof CartService.method.adoptCarts> {
  return async ({ guestId, customerId }, { signal }) => {
    let holder = "";
    for (const cartId of await deps.store.idsOf(guestId)) {
      const adopted = await adoptCart(deps, signal, { cartId, guestId, customerId });
      holder ||= adopted;
    }
    await finishAllMerges(deps, signal, customerId);
    return { cartId: holder };
  };
}

/** The customer's cart that has the cart's lines now; empty when it was not an open cart of the guest's, or had none. */
async function adoptCart(
  deps: CartDeps,
  signal: AbortSignal,
  { cartId, guestId, customerId }: { cartId: string; guestId: string; customerId: string },
): Promise<string> {
  return untilWritten({ cartId, signal }, async () => {
    const found = await findCart(deps, cartId);
    if (found === undefined || found.cart.owner !== guestId) {
      return { answer: "" };
    }
    const { cart, version } = found;
    const current = isOpen(cart) ? await findCurrent(deps, signal, customerId) : undefined;
    const into = current !== undefined && canMerge(cart, current) ? current.id : undefined;
    const mine = claimed(cart, { customerId, into, now: deps.clock().getTime() });
    if (!(await deps.store.write(mine, version))) {
      return undefined;
    }
    await finishMerge(deps, signal, mine);
    return { answer: isOpen(cart) && cart.lines.length > 0 ? (into ?? cartId) : "" };
  });
}
