/** The location that is there from the beginning. */
export const defaultLocation = "main";

/** Most calls that share one transaction: its row locks are held for a few milliseconds at most. */
export const maxBatch = 512;

/** Counters of one SKU at one location. */
export interface Stock {
  sku: string;
  locationId: string;
  onHand: bigint;
  reserved: bigint;
  backorderLimit: bigint;
  /** Units sold beyond what was on hand and not delivered since; 0 while there are units on hand. */
  owed: bigint;
  updateTime: Date;
}

/** Units of one SKU. */
export interface Line {
  sku: string;
  quantity: bigint;
}

/** A line that cannot be held. */
export interface Shortage {
  sku: string;
  requested: bigint;
  available: bigint;
  /** When the earliest hold on the SKU ends; undefined when nothing is held. */
  earliestExpiry?: Date | undefined;
}

/** Units that can be reserved now. Never negative: the CHECKs hold reserved below the sum. */
export function available(stock: Pick<Stock, "onHand" | "reserved" | "backorderLimit">): bigint {
  return stock.onHand + stock.backorderLimit - stock.reserved;
}

/** How counters change. */
export interface StockDelta {
  onHand: bigint;
  backorder: bigint;
  owed: bigint;
}

/**
 * What becomes of units that come in: those that are owed go to who waits for
 * them, which gives the backorder limit back. So what is available grows by all
 * of them. Negative units are a loss.
 */
export function arrival({ owed }: Pick<Stock, "owed">, units: bigint): StockDelta {
  const delivered = units <= 0n ? 0n : units < owed ? units : owed;
  return { onHand: units - delivered, backorder: delivered, owed: -delivered };
}

/** States of a reservation; see the contract for the transitions. */
export type ReservationState = "HELD" | "COMMITTED" | "RELEASED" | "EXPIRED" | "RESTOCKED";

/** Units of several SKUs held for one owner. */
export interface Reservation {
  id: string;
  state: ReservationState;
  lines: Line[];
  expireTime: Date;
  createTime: Date;
}

/** Whether two sets of lines ask for the same, whatever their order. */
export function sameLines(a: readonly Line[], b: readonly Line[]): boolean {
  const wanted = new Map(a.map((line) => [line.sku, line.quantity]));
  return a.length === b.length && b.every((line) => wanted.get(line.sku) === line.quantity);
}
