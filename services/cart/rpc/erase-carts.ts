import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { erased } from "../cart-erased.ts";
import { findCart, untilWritten } from "../compare-and-set.ts";
import type { CartDeps } from "../service.ts";

/** Deletes a customer's carts but those of which an order is being made. Safe to repeat. */
export function eraseCarts(deps: CartDeps): MethodImpl<typeof CartService.method.eraseCarts> {
  return async ({ customerId }, { signal }) => {
    let count: number;
    do {
      count = 0;
      for (const cartId of await deps.store.idsOf(customerId)) {
        if (await eraseCart(deps, signal, { cartId, customerId })) count += 1;
      }
      // A store tells of some of an owner's carts at a time.
    } while (count > 0);
    return {};
  };
}

/** Whether there was a cart of the customer's to be deleted. */
function eraseCart(
  deps: CartDeps,
  signal: AbortSignal,
  { cartId, customerId }: { cartId: string; customerId: string },
): Promise<boolean> {
  return untilWritten({ cartId, signal }, async (): Promise<{ readonly answer: boolean } | undefined> => {
    const found = await findCart(deps, cartId);
    if (found?.cart.owner !== customerId || found.cart.order?.state === "frozen") {
      return { answer: false };
    }
    const written = await deps.store.write(erased(found.cart, deps.clock().getTime()), found.version);
    return written ? { answer: true } : undefined;
  });
}
