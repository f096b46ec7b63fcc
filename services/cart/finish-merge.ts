import type { CartDocument } from "./cart.ts";
import { findCart, untilWritten } from "./compare-and-set.ts";
import { handedOver, receiptFor, settled, withLinesOf } from "./merge.ts";
import type { CartDeps } from "./service.ts";

type Deps = Pick<CartDeps, "store" | "clock">;

/**
 * Carries on the merge of a claimed cart from wherever it stands: when this returns, its lines are in the
 * other cart or, those that found no room, its own again. May run several times at once, and again after a
 * crash. Does nothing for a cart that is not claimed.
 * @throws CART_BUSY, CART_STORE_UNAVAILABLE: what is left to do is done when the cart is next found
 */
export async function finishMerge(
  deps: Deps,
  signal: AbortSignal,
  { id, mergingInto: into }: CartDocument,
): Promise<void> {
  if (into === undefined) {
    return;
  }
  const left = await takeLines(deps, signal, { id, into });
  if (left !== undefined) {
    await change(deps, signal, id, (cart) => (cart.mergingInto === into ? handedOver(cart, left) : cart));
  }
  await change(deps, signal, into, (cart) => settled(cart, id));
}

/** The SKUs that were left, by this call or an earlier one; undefined when the merge is over. */
function takeLines(
  { store, clock }: Deps,
  signal: AbortSignal,
  { id, into }: { id: string; into: string },
): Promise<readonly string[] | undefined> {
  return untilWritten<readonly string[] | undefined>({ cartId: into, signal }, async () => {
    const other = await findCart({ store, clock }, into);
    // Read after the other: while this one is still merging, no receipt of it has gone from the other.
    const found = await findCart({ store, clock }, id);
    if (found?.cart.mergingInto !== into) {
      return { answer: undefined };
    }
    if (other === undefined) {
      return { answer: found.cart.lines.map(({ sku }) => sku) };
    }
    const receipt = receiptFor(other.cart, id);
    if (receipt !== undefined) {
      return { answer: receipt.left };
    }
    const { cart, left } = withLinesOf(other.cart, found.cart, clock().getTime());
    return (await store.write(cart, other.version)) ? { answer: left } : undefined;
  });
}

/** Changes a cart, if it is there. */
function change(
  { store, clock }: Deps,
  signal: AbortSignal,
  cartId: string,
  edit: (cart: CartDocument) => CartDocument,
): Promise<void> {
  return untilWritten<void>({ cartId, signal }, async () => {
    const found = await findCart({ store, clock }, cartId);
    if (found === undefined) {
      return { answer: undefined };
    }
    const next = edit(found.cart);
    return next === found.cart || (await store.write(next, found.version))
      ? { answer: undefined }
      : undefined;
  });
}
