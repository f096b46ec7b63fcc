import { type CartDocument, emptyCart } from "./cart.ts";

/**
 * What takes the place of a cart that is deleted: nothing, nobody's, and expired, so that no reader finds it and its
 * store forgets it. As a write it is refused when the cart has changed meanwhile.
 */
export function erased({ id, currencyCode }: CartDocument, now: number): CartDocument {
  return { ...emptyCart({ id, owner: "", currencyCode, now }), expireTime: now };
}
