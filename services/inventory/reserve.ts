import type { ConnectError } from "@connectrpc/connect";
import { StockShortageSchema } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { type Db, isUniqueViolation, type Queryable } from "../../lib/db/index.ts";
import { allot, type Hold } from "./allot.ts";
import { toShortageDetail } from "./convert.ts";
import { fail } from "./reasons.ts";
import { type Reservation, type Shortage, sameLines } from "./stock.ts";
import { earliestExpiries, expireDueHolds, insertReservations, lockStockOf } from "./store-hold.ts";
import { findReservations } from "./store-reservation.ts";

/** What is decided in one transaction, and the time it takes place. */
export interface ReserveBatch {
  holds: readonly Hold[];
  now: Date;
}

/**
 * Decides the holds in one transaction, first come, first served, each
 * wholly or not at all. The stock rows of all of them, at every location, are
 * locked in one order until it ends, so what is found sufficient stays so, whatever other replicas
 * do; holds on them that are due are expired only when somebody is short.
 *
 * One answer per hold, in their order: the reservation, or INSUFFICIENT_STOCK,
 * RESERVATION_MISMATCH or RESERVATION_CLOSED.
 */
export async function reserveAll(db: Db, batch: ReserveBatch): Promise<(Reservation | Error)[]> {
  try {
    return await db.transaction((tx) => decide(tx, batch));
  } catch (err) {
    // Another replica made one of them with other lines, thus under other locks; now it is there to be found.
    if (!isUniqueViolation(err, "reservation_pkey")) throw err;
    return db.transaction((tx) => decide(tx, batch));
  }
}

async function decide(tx: Queryable, batch: ReserveBatch): Promise<(Reservation | Error)[]> {
  const { holds, now } = batch;
  const fresh = firstOfEach(holds);
  // Sent together; the second is answered once the first has its locks.
  const [rows, earlier] = await Promise.all([
    lockStockOf(tx, skusOf(holds.flatMap((hold) => hold.lines))),
    findReservations(
      tx,
      fresh.map((hold) => hold.id),
    ),
  ]);
  const known = new Map<string, Reservation | Error>(
    earlier.map((reservation) => [reservation.id, reservation]),
  );
  // Calls that are repeated hold their units already: they must not take them from anybody twice.
  const open = fresh.filter((hold) => !known.has(hold.id));
  let { granted, short } = allot(open, rows);
  // Whoever gets what was due may leave another short of a SKU that was enough before.
  for (const freed = new Set<string>(); ; ) {
    const scarce = skusOf([...short.values()].flat()).filter((sku) => !freed.has(sku));
    if (scarce.length === 0) break;
    ({ granted, short } = await allotAgain(tx, { ...batch, holds: open, scarce }));
    for (const sku of scarce) freed.add(sku);
  }
  const made = await insertReservations(tx, { holds: granted, now });
  for (const reservation of made) known.set(reservation.id, reservation);
  // After the holds of this batch are written: the earliest that ends may be one of them.
  for (const [id, refusal] of await refuse(tx, short)) known.set(id, refusal);
  return holds.map((hold) => answer(known.get(hold.id), hold));
}

/** Frees what is due on the SKUs that somebody is short of, and decides once more. */
async function allotAgain(
  tx: Queryable,
  { holds, scarce, now }: ReserveBatch & { scarce: string[] },
): Promise<ReturnType<typeof allot>> {
  await expireDueHolds(tx, { skus: scarce, now });
  return allot(holds, await lockStockOf(tx, skusOf(holds.flatMap((hold) => hold.lines))));
}

function skusOf(lines: readonly { sku: string }[]): string[] {
  return [...new Set(lines.map((line) => line.sku))].sort();
}

/**
 * Each id once.
 *
 * @throws when an id stands there with different lines: what the second gets
 * depends on the first, so the batch has to be decided one by one.
 */
function firstOfEach(holds: readonly Hold[]): Hold[] {
  const byId = new Map<string, Hold>();
  for (const hold of holds) {
    const first = byId.get(hold.id);
    if (first === undefined) byId.set(hold.id, hold);
    else if (!sameLines(first.lines, hold.lines))
      throw new Error(`reservation ${hold.id} is asked for twice`);
  }
  return [...byId.values()];
}

/** What a caller is told of a reservation that was there before, or was made a moment ago. */
function answer(known: Reservation | Error | undefined, { id, lines }: Hold): Reservation | Error {
  if (known === undefined) throw new Error(`reservation ${id} is neither new nor there`);
  if (known instanceof Error) return known;
  if (!sameLines(known.lines, lines)) return fail("RESERVATION_MISMATCH", { reservation_id: id });
  const { state } = known;
  if (state === "HELD" || state === "COMMITTED") return known;
  return fail("RESERVATION_CLOSED", { reservation_id: id, state });
}

async function refuse(
  tx: Queryable,
  short: ReadonlyMap<Hold, Shortage[]>,
): Promise<Map<string, ConnectError>> {
  if (short.size === 0) return new Map();
  const expiries = await earliestExpiries(tx, skusOf([...short.values()].flat()));
  return new Map(
    [...short].map(([hold, lines]) => [
      hold.id,
      insufficientStock(lines.map((line) => ({ ...line, earliestExpiry: expiries.get(line.sku) }))),
    ]),
  );
}

function insufficientStock(short: readonly Shortage[]): ConnectError {
  const [first] = short;
  if (first === undefined) throw new Error("a shortage has at least one line");
  return fail(
    "INSUFFICIENT_STOCK",
    {
      sku: first.sku,
      requested: String(first.requested),
      available: String(first.available),
      earliest_expiry: first.earliestExpiry?.toISOString() ?? "",
    },
    { details: [{ desc: StockShortageSchema, value: toShortageDetail(short) }] },
  );
}
