/** A line of a cart: `quantity` units at `unitPrice` minor units each. */
export interface Line {
  readonly sku: string;
  readonly productId: string;
  readonly categoryIds: readonly string[];
  readonly quantity: bigint;
  readonly unitPrice: bigint;
}

/** What promotions are applied to; every price is in the one currency. */
export interface Cart {
  /** ISO 4217; empty when nothing has a price. */
  readonly currency: string;
  /** Each SKU once. */
  readonly lines: readonly Line[];
  /** Minor units; undefined while no shipping method is chosen. */
  readonly shippingPrice: bigint | undefined;
}

/** A line of one unit at least, while promotions are applied: `left` is what is still to be paid for its units together. */
export interface OpenLine extends Line {
  left: bigint;
}

/** Units of one line that cost the same. */
export interface Units {
  readonly count: bigint;
  readonly price: bigint;
}

/**
 * What a line's units cost now: the same, but for the minor units that do not divide evenly, of which the first
 * units bear one each.
 */
export function unitsOf({ quantity, left }: Pick<OpenLine, "quantity" | "left">): Units[] {
  const price = left / quantity;
  const dearer = left % quantity;
  return [
    { count: dearer, price: price + 1n },
    { count: quantity - dearer, price },
  ].filter(({ count }) => count > 0n);
}

/** What a line came to before any discount. */
export function fullPrice({ quantity, unitPrice }: Line): bigint {
  return quantity * unitPrice;
}
