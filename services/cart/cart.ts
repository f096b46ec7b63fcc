import { isDeepStrictEqual } from "node:util";
import { fail } from "./reasons.ts";

/** How long a cart is kept after its last change, in milliseconds. */
export const cartLifeMs = 30 * 24 * 3_600_000;
/** How long a cart stays frozen unless its order is completed, in milliseconds. */
export const freezeMs = 2 * 60_000;
/** Most units of one SKU in a cart. */
export const maxQuantity = 10_000;
/** Most different SKUs in a cart. */
export const maxLines = 100;
/** How long a cart remembers the key of a change, in milliseconds. */
export const keyLifeMs = 24 * 3_600_000;
/** How many keys a cart remembers at most: bounds what each change writes, to some 20 kB. */
export const maxKeys = 256;

/**
 * A cart as it is stored: one document, replaced as a whole, never changed in place. Plain JSON:
 * times are milliseconds since 1970, amounts decimal strings.
 */
export interface CartDocument {
  readonly id: string;
  /** The customer's id, or the hex SHA-256 digest of the token. */
  readonly owner: string;
  readonly currencyCode: string;
  /** The shop front through which it was made; absent for the shop's own. */
  readonly channel?: string;
  /** What that shop front keeps with it; absent for nothing. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly lines: readonly StoredLine[];
  /** Codes of coupons, in capitals, in the order in which they were given; absent for none. */
  readonly coupons?: readonly string[];
  readonly contact?: StoredContact;
  readonly shippingAddress?: StoredAddress;
  /** The order that is being made (frozen, until a time) or was made (ordered) of the cart. */
  readonly order?:
    | { readonly state: "frozen"; readonly id: string; readonly until: number }
    | { readonly state: "ordered"; readonly id: string };
  /** The cart of the same owner into which the lines are going: what is left to do is in `merge.ts`. */
  readonly mergingInto?: string;
  /** What became of the lines of carts that are merging into this one. */
  readonly receipts?: readonly Receipt[];
  /** The latest changes that came with a key, oldest first; absent when none did. */
  readonly keys?: readonly StoredKey[];
  readonly createTime: number;
  readonly updateTime: number;
  readonly expireTime: number;
}

/** One SKU of a cart, with what the buyer saw when it was last changed. */
export interface StoredLine {
  readonly sku: string;
  readonly quantity: number;
  /** Unit price then, in minor units of the cart's currency. */
  readonly seenPrice: string;
  readonly title: string;
  readonly variantTitle: string;
  readonly imageUrl: string;
}

export interface StoredContact {
  readonly email: string;
  readonly phone: string;
  /** Absent when the buyer did not say. */
  readonly smsOptIn?: boolean;
  /** BCP 47 tag; absent: the shop's. */
  readonly language?: string;
}

export interface StoredAddress {
  readonly name: string;
  readonly line1: string;
  readonly line2: string;
  readonly city: string;
  readonly state: string;
  readonly postalCode: string;
  readonly countryCode: string;
}

/** Digests of a change's method and request_id, and of what it asked for; and when it was made. */
export interface StoredKey {
  readonly key: string;
  readonly request: string;
  readonly time: number;
}

/** That the lines of a cart came into this one, all but those that are left there. */
export interface Receipt {
  readonly from: string;
  /** SKUs. */
  readonly left: readonly string[];
}

/** A new, empty cart. */
export function emptyCart(init: {
  id: string;
  owner: string;
  currencyCode: string;
  channel?: string;
  now: number;
}): CartDocument {
  const { id, owner, currencyCode, channel, now } = init;
  return {
    id,
    owner,
    currencyCode,
    ...(channel && { channel }),
    lines: [],
    createTime: now,
    updateTime: now,
    expireTime: now + cartLifeMs,
  };
}

/**
 * What is stored of a change made at `now`: `after` with its times set; `before` itself when nothing changed. A
 * cart's time never goes back, though the clocks of replicas may differ.
 */
export function touched(before: CartDocument, after: CartDocument, now: number): CartDocument {
  if (after === before) {
    return before;
  }
  const updateTime = Math.max(now, before.updateTime);
  return { ...after, updateTime, expireTime: updateTime + cartLifeMs };
}

/** The cart as it counts at `now`: a freeze that is over is gone, with its order's id. */
export function asOf(cart: CartDocument, now: number): CartDocument {
  return cart.order?.state === "frozen" && cart.order.until <= now ? withoutOrder(cart) : cart;
}

/**
 * Refuses to change a cart of which an order is being made or was made.
 * @throws CART_NOT_OPEN
 */
export function requireOpen(cart: CartDocument): void {
  if (cart.order !== undefined) {
    throw fail("CART_NOT_OPEN", { cart_id: cart.id, state: cart.order.state.toUpperCase() });
  }
}

/** Units of a SKU that the cart asks for; 0 when it has none. */
export function quantityOf(cart: CartDocument, sku: string): number {
  return cart.lines.find((line) => line.sku === sku)?.quantity ?? 0;
}

/**
 * Sets the units of a SKU, in its place or as the last line; 0 removes it. What the buyer sees of a
 * new line is filled in by `seen` once its price is known. Without effect it returns the same document.
 * @throws QUANTITY_TOO_LARGE, CART_FULL
 */
export function withQuantity(cart: CartDocument, sku: string, quantity: number): CartDocument {
  const present = cart.lines.some((line) => line.sku === sku);
  if (quantity === 0) {
    return present ? { ...cart, lines: cart.lines.filter((line) => line.sku !== sku) } : cart;
  }
  if (quantity > maxQuantity) {
    throw fail("QUANTITY_TOO_LARGE", { sku, quantity: String(quantity), limit: String(maxQuantity) });
  }
  if (present) {
    return { ...cart, lines: cart.lines.map((line) => (line.sku === sku ? { ...line, quantity } : line)) };
  }
  if (cart.lines.length >= maxLines) {
    throw fail("CART_FULL", { cart_id: cart.id, limit: String(maxLines) });
  }
  const unseen = { sku, quantity, seenPrice: "0", title: "", variantTitle: "", imageUrl: "" };
  return { ...cart, lines: [...cart.lines, unseen] };
}

/** Remembers the key of a change, forgetting those that are older than 24 hours and the oldest beyond 256. */
export function remembering(cart: CartDocument, key: StoredKey): CartDocument {
  const young = (cart.keys ?? []).filter(({ time }) => time > key.time - keyLifeMs);
  return { ...cart, keys: [...young, key].slice(-maxKeys) };
}

/** Replaces what a shop front keeps with its cart. Without effect it returns the same document. */
export function withMetadata(cart: CartDocument, metadata: Readonly<Record<string, string>>): CartDocument {
  return isDeepStrictEqual(cart.metadata ?? {}, metadata) ? cart : { ...cart, metadata };
}

/** Removes all lines. */
export function cleared(cart: CartDocument): CartDocument {
  return cart.lines.length === 0 ? cart : { ...cart, lines: [] };
}

/**
 * Freezes the cart for an order until `now` + 2 minutes; each call starts the two minutes again, so
 * that a caller that goes on with an order has them in full. Which of several orders is made of a cart
 * is Order's to decide, so the latest call's order has the cart.
 */
export function frozen(cart: CartDocument, orderId: string, now: number): CartDocument {
  if (cart.order?.state === "ordered") {
    return cart;
  }
  return { ...cart, order: { state: "frozen", id: orderId, until: now + freezeMs } };
}

/** Opens a cart that is frozen for this order; any other stays the same document. */
export function thawed(cart: CartDocument, orderId: string): CartDocument {
  return cart.order?.state === "frozen" && cart.order.id === orderId ? withoutOrder(cart) : cart;
}

/**
 * Marks the cart as ordered. The order exists, so this holds also when the freeze is over or another
 * order's attempt has begun since; only a cart that already became another order is refused.
 * @throws CART_NOT_OPEN
 */
export function ordered(cart: CartDocument, orderId: string): CartDocument {
  if (cart.order?.state === "ordered") {
    if (cart.order.id !== orderId) {
      requireOpen(cart);
    }
    return cart;
  }
  return { ...cart, order: { state: "ordered", id: orderId } };
}

function withoutOrder(cart: CartDocument): CartDocument {
  const { order: _order, ...rest } = cart;
  return rest;
}
