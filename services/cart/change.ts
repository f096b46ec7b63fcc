import type { HandlerContext } from "@connectrpc/connect";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { outgoing, requireOwner } from "../../lib/rpc/index.ts";
import { type CartDocument, remembering, requireOpen, type StoredKey, touched } from "./cart.ts";
import { findCart, untilWritten } from "./compare-and-set.ts";
import { finishMerge } from "./finish-merge.ts";
import { type ChangeKey, isRepeated } from "./keys.ts";
import { covers, findOffers, type Offers } from "./offers.ts";
import { priceCart } from "./price-cart.ts";
import { seen } from "./pricing.ts";
import { fail } from "./reasons.ts";
import type { CartDeps } from "./service.ts";
import type { StoredCart } from "./store.ts";

/**
 * The cart as it counts now. When its lines are on their way into another cart, they are brought there first.
 * @throws CART_NOT_FOUND when there is none or it has expired
 */
export async function readCart(
  deps: Pick<CartDeps, "store" | "clock">,
  { signal }: Pick<HandlerContext, "signal">,
  cartId: string,
): Promise<StoredCart> {
  let found = await findCart(deps, cartId);
  if (found?.cart.mergingInto !== undefined) {
    await finishMerge(deps, signal, found.cart);
    found = await findCart(deps, cartId);
  }
  if (found === undefined) {
    throw fail("CART_NOT_FOUND", { cart_id: cartId });
  }
  return found;
}

/**
 * Changes a cart by compare-and-set. `decide` gets the cart as it counts now and returns the cart to
 * store (the same document: nothing is written) and the answer. It runs again on the newer cart when
 * another change came first, so it must have no effect of its own.
 * @throws CART_NOT_FOUND; CART_BUSY after 40 lost races
 */
export async function changeCart<T>(
  deps: CartDeps,
  ctx: HandlerContext,
  cartId: string,
  decide: (cart: CartDocument, now: number) => Promise<{ next: CartDocument; answer: T }>,
): Promise<T> {
  return untilWritten({ cartId, signal: ctx.signal }, async () => {
    const { cart, version } = await readCart(deps, ctx, cartId);
    const { next, answer } = await decide(cart, deps.clock().getTime());
    return next === cart || (await deps.store.write(next, version)) ? { answer } : undefined;
  });
}

/**
 * A buyer's change: checks the owner, applies `edit` to the open cart, and answers with the cart,
 * priced by the same look-ups that the change was checked with. With `sku`, that line must be on
 * sale with enough stock; `accept` refuses a change by its answer, before it is made. With `key`, a
 * call that was carried out before changes nothing, also when the cart has been closed since: the
 * answer is the cart as it is.
 * @throws CART_NOT_FOUND, NOT_OWNER, CART_NOT_OPEN, CART_BUSY, REQUEST_ID_REUSED, what `edit` and
 *   `accept` throw, and with `sku` SKU_NOT_FOUND, PRICE_MISSING, INSUFFICIENT_STOCK
 */
export async function editCart(
  deps: CartDeps,
  ctx: HandlerContext,
  change: {
    cartId: string;
    edit: (cart: CartDocument) => CartDocument;
    sku?: string;
    accept?: (answer: Cart) => void;
    key: ChangeKey | undefined;
  },
): Promise<Cart> {
  let offers: Offers | undefined;
  return changeCart(deps, ctx, change.cartId, async (cart, now) => {
    requireOwner(ctx, cart.owner);
    const { key, sku } = change;
    const repeated = key !== undefined && isRepeated(cart, key);
    if (!repeated) {
      requireOpen(cart);
    }
    const edited = repeated ? cart : change.edit(cart);
    // After a lost race the offers are some milliseconds old; they are asked for again only for a new SKU.
    if (offers === undefined || !covers(offers, edited)) {
      offers = await findOffers(deps, edited, outgoing(ctx));
    }
    const checked = repeated || sku === undefined ? edited : seen(edited, sku, offers);
    const done = repeated || key === undefined ? checked : remembering(checked, storedKey(key, now));
    const next = touched(cart, done, now);
    const answer = await priceCart(deps, { cart: next, offers }, outgoing(ctx));
    if (!repeated) {
      change.accept?.(answer);
    }
    return { next, answer };
  });
}

function storedKey({ key, request }: ChangeKey, time: number): StoredKey {
  return { key, request, time };
}
