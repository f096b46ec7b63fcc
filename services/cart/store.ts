import type { CartDocument } from "./cart.ts";

/** A cart and the number of its present state; each write makes another one. */
export interface StoredCart {
  readonly cart: CartDocument;
  readonly version: number;
}

/** How many carts of an owner a store tells of. */
export const maxListed = 100;

/**
 * Where carts live. A cart is one document, replaced by compare-and-set; a store forgets it at its
 * `expireTime` or later, so readers check the time themselves.
 */
export interface CartStore {
  /** Stores a new cart. False when the id is taken by a cart that has not expired at `createTime`. */
  insert(cart: CartDocument): Promise<boolean>;
  /** The cart with this id; undefined when there is none. */
  read(id: string): Promise<StoredCart | undefined>;
  /** Replaces the cart if it is still at `expectedVersion`; false, and nothing changed, when it is not. */
  write(cart: CartDocument, expectedVersion: number): Promise<boolean>;
  /**
   * Ids of the owner's carts, the one that changed last first, 100 at most. May name carts that have expired
   * or changed hands, so readers check that, too.
   */
  idsOf(owner: string): Promise<readonly string[]>;
}
