import type { CartDocument } from "./cart.ts";
import { findCart } from "./compare-and-set.ts";
import { finishMerge } from "./finish-merge.ts";
import { isOpen } from "./merge.ts";
import type { CartDeps } from "./service.ts";

type Deps = Pick<CartDeps, "store" | "clock">;

/** How many carts are looked at together: the first is nearly always the one. */
const lookAtOnce = 8;

/** The owner's open cart that changed last, of the 100 that did; undefined when none of these is open. */
export async function findCurrent(
  deps: Deps,
  signal: AbortSignal,
  owner: string,
): Promise<CartDocument | undefined> {
  for await (const carts of ownedCarts(deps, owner)) {
    if (await finishMerges(deps, signal, carts)) {
      // What changed last may have no lines any more.
      return findCurrent(deps, signal, owner);
    }
    const [current] = carts.filter(isOpen).toSorted((a, b) => b.updateTime - a.updateTime);
    if (current !== undefined) {
      return current;
    }
  }
  return undefined;
}

/** Brings all lines that are on their way between the owner's carts to where they go. */
export async function finishAllMerges(deps: Deps, signal: AbortSignal, owner: string): Promise<void> {
  for await (const carts of ownedCarts(deps, owner)) {
    await finishMerges(deps, signal, carts);
  }
}

/** Whether there was something to be done. */
async function finishMerges(
  deps: Deps,
  signal: AbortSignal,
  carts: readonly CartDocument[],
): Promise<boolean> {
  const merging = carts.filter(({ mergingInto }) => mergingInto !== undefined);
  for (const cart of merging) {
    await finishMerge(deps, signal, cart);
  }
  return merging.length > 0;
}

/** The owner's carts as they count now, some at a time, roughly the one that changed last first. */
async function* ownedCarts(deps: Deps, owner: string): AsyncGenerator<CartDocument[]> {
  const ids = await deps.store.idsOf(owner);
  for (let from = 0; from < ids.length; from += lookAtOnce) {
    const found = await Promise.all(ids.slice(from, from + lookAtOnce).map((id) => findCart(deps, id)));
    yield found.flatMap((each) => (each?.cart.owner === owner ? [each.cart] : []));
  }
}
