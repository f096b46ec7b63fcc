/** The location of a shop that has only one. */
export const defaultLocation = "main";

/** Counters of one SKU at one location. */
export interface Stock {
  sku: string;
  locationId: string;
  onHand: bigint;
  reserved: bigint;
  backorderLimit: bigint;
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

/** The lines that the given rows cannot satisfy; a SKU without a row has 0 available. */
export function shortages(lines: readonly Line[], rows: readonly Stock[]): Shortage[] {
  const bySku = new Map(rows.map((row) => [row.sku, row]));
  return lines.flatMap(({ sku, quantity }) => {
    const row = bySku.get(sku);
    const left = row === undefined ? 0n : available(row);
    return left >= quantity ? [] : [{ sku, requested: quantity, available: left }];
  });
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
