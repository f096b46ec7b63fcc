/** Where units are counted. */
export interface StockKey {
  sku: string;
  locationId: string;
}

/** The counters of a stock row, or the sums of their changes. */
export interface Counters {
  onHand: bigint;
  reserved: bigint;
  backorder: bigint;
  owed: bigint;
}

/** The counters of a stock row beside what they must agree with. */
export interface Balance extends StockKey {
  stock: Counters;
  /** The sums of the ledger. */
  ledger: Counters;
  /** The sum of the holds. */
  held: bigint;
}

/** A reservation of which more, or fewer, units are held than it has a right to. */
export interface HoldDifference extends StockKey {
  reservationId: string;
  expected: bigint;
  found: bigint;
  /** Whether the reservation's time has come. */
  due: boolean;
}

/** Kinds of violations; see the contract. */
export type ViolationKind =
  | "ON_HAND_NOT_LEDGER"
  | "RESERVED_NOT_LEDGER"
  | "BACKORDER_NOT_LEDGER"
  | "OWED_NOT_LEDGER"
  | "RESERVED_NOT_HELD"
  | "HOLD_WITHOUT_RESERVATION"
  | "RESERVATION_WITHOUT_HOLD"
  | "OVERSOLD";

/** Something that is not as it should be. */
export interface Violation extends StockKey {
  kind: ViolationKind;
  /** Empty where it is about a counter. */
  reservationId: string;
  expected: bigint;
  found: bigint;
  repaired: boolean;
}

/** Most violations of one balance that are not about holds: each counter kind once. */
export const counterKinds = 6;

/** What does not agree on a stock row and its holds; nothing when all is well. */
export function violationsOf(balance: Balance, holds: readonly HoldDifference[]): Violation[] {
  const { sku, locationId, stock, ledger, held } = balance;
  const violations: Violation[] = [];
  const expect = (kind: ViolationKind, expected: bigint, found: bigint, reservationId = "") => {
    if (expected === found) return;
    violations.push({ kind, sku, locationId, reservationId, expected, found, repaired: false });
  };
  for (const hold of holds) {
    const kind = hold.found > hold.expected ? "HOLD_WITHOUT_RESERVATION" : "RESERVATION_WITHOUT_HOLD";
    expect(kind, hold.expected, hold.found, hold.reservationId);
  }
  expect("ON_HAND_NOT_LEDGER", ledger.onHand, stock.onHand);
  expect("BACKORDER_NOT_LEDGER", ledger.backorder, stock.backorder);
  expect("OWED_NOT_LEDGER", ledger.owed, stock.owed);
  expect("RESERVED_NOT_LEDGER", ledger.reserved, stock.reserved);
  expect("RESERVED_NOT_HELD", held, stock.reserved);
  if (stock.onHand < 0n) expect("OVERSOLD", 0n, stock.onHand);
  else if (stock.backorder < 0n) expect("OVERSOLD", 0n, stock.backorder);
  else if (stock.owed < 0n) expect("OVERSOLD", 0n, stock.owed);
  else if (stock.reserved < 0n) expect("OVERSOLD", 0n, stock.reserved);
  else if (stock.reserved > stock.onHand + stock.backorder)
    expect("OVERSOLD", stock.onHand + stock.backorder, stock.reserved);
  return violations;
}

/** What makes a stock row, its holds and its ledger agree. */
export interface Repair {
  /** The counters afterwards. */
  counters: Counters;
  /** Holds to be cut to what their reservations have a right to. */
  released: HoldDifference[];
  /** Holds to be made whole. */
  reheld: HoldDifference[];
  /** Due reservations to be ended, since there is nothing left to hold for them. */
  ended: string[];
  /** Entries of the ledger, so that its sum is `counters.reserved`. */
  entries: { reservedDelta: bigint; reservationId: string | null }[];
}

/**
 * How to put things right: on hand, backorder limit and what is owed are what the
 * ledger says, reserved is what live reservations hold. Where the ledger's sums leave
 * less than is reserved, those counters stay as they are. Undefined when
 * neither is within the table's CHECKs, so that nothing can be written.
 */
export function planRepair(
  { stock, ledger, held: found }: Balance,
  holds: readonly HoldDifference[],
): Repair | undefined {
  const released = holds.filter((hold) => hold.found > hold.expected);
  const missing = holds.filter((hold) => hold.found < hold.expected);
  let reserved = released.reduce((units, hold) => units - (hold.found - hold.expected), found);
  const supply = [ledger, stock].find((counters) => isLegal({ ...counters, reserved }));
  if (supply === undefined) return undefined;
  const reheld: HoldDifference[] = [];
  const ended: string[] = [];
  for (const hold of missing) {
    const units = hold.expected - hold.found;
    if (isLegal({ ...supply, reserved: reserved + units })) {
      reheld.push(hold);
      reserved += units;
    } else if (hold.due) ended.push(hold.reservationId);
  }
  const entries: Repair["entries"] = released.map((hold) => ({
    reservedDelta: hold.expected - hold.found,
    reservationId: hold.reservationId,
  }));
  const entered = entries.reduce((sum, entry) => sum + entry.reservedDelta, ledger.reserved);
  if (entered !== reserved) entries.push({ reservedDelta: reserved - entered, reservationId: null });
  return { counters: { ...supply, reserved }, released, reheld, ended, entries };
}

/** Whether the repair puts this violation right. */
export function isRepaired(violation: Violation, { counters, reheld, ended }: Repair): boolean {
  const { kind, expected, reservationId } = violation;
  switch (kind) {
    case "ON_HAND_NOT_LEDGER":
      return counters.onHand === expected;
    case "BACKORDER_NOT_LEDGER":
      return counters.backorder === expected;
    case "OWED_NOT_LEDGER":
      return counters.owed === expected;
    case "RESERVATION_WITHOUT_HOLD":
      return reheld.some((hold) => hold.reservationId === reservationId) || ended.includes(reservationId);
    case "RESERVED_NOT_LEDGER":
    case "RESERVED_NOT_HELD":
    case "HOLD_WITHOUT_RESERVATION":
    case "OVERSOLD":
      return true;
    default:
      return kind satisfies never;
  }
}

/** As the CHECKs of the stock table say. */
function isLegal({ onHand, reserved, backorder, owed }: Counters): boolean {
  const isWithin = onHand >= 0n && backorder >= 0n && reserved >= 0n && reserved <= onHand + backorder;
  return isWithin && owed >= 0n && (owed === 0n || onHand === 0n);
}
