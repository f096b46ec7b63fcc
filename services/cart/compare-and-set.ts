import { setTimeout as delay } from "node:timers/promises";
import { asOf } from "./cart.ts";
import { isCartId } from "./identity.ts";
import { fail } from "./reasons.ts";
import type { CartDeps } from "./service.ts";
import type { StoredCart } from "./store.ts";

/** How often a change is tried; of fifty callers adding to one cart at once, the unluckiest needs about 15. */
const maxAttempts = 40;
const maxPauseMs = 60;

/** The cart as it is stored, as it counts now; undefined when there is none or it has expired. */
export async function findCart(
  { store, clock }: Pick<CartDeps, "store" | "clock">,
  cartId: string,
): Promise<StoredCart | undefined> {
  const stored = isCartId(cartId) ? await store.read(cartId) : undefined;
  const now = clock().getTime();
  if (stored === undefined || stored.cart.expireTime <= now) {
    return undefined;
  }
  return { cart: asOf(stored.cart, now), version: stored.version };
}

/** What an attempt comes to: an answer, or nothing when another change came first. */
export type Attempt<T> = { readonly answer: T } | undefined;

/**
 * Runs an attempt to change a cart (read, decide, compare and set) until it is not overtaken by another
 * change. It must have no effect of its own besides.
 * @throws CART_BUSY after 40 attempts; what the attempt throws; the signal's reason
 */
export async function untilWritten<T>(
  { cartId, signal }: { cartId: string; signal: AbortSignal },
  attempt: () => Promise<Attempt<T>>,
): Promise<T> {
  for (let attempts = 0; attempts < maxAttempts; attempts++) {
    if (attempts > 0) {
      // At random within a growing span, so that those who collided do not collide again.
      await delay(Math.random() * Math.min(2 ** attempts, maxPauseMs), undefined, { signal });
    }
    const done = await attempt();
    if (done !== undefined) {
      return done.answer;
    }
  }
  throw fail("CART_BUSY", { cart_id: cartId });
}
