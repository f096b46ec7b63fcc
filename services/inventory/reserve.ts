import type { ConnectError } from "@connectrpc/connect";
import { StockShortageSchema } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { Queryable } from "../../lib/db/index.ts";
import { toShortageDetail } from "./convert.ts";
import { fail } from "./reasons.ts";
import { type Line, type Reservation, type Shortage, sameLines, shortages } from "./stock.ts";
import {
  earliestExpiries,
  expireDueHolds,
  findReservation,
  insertReservation,
  lockStockOf,
} from "./store-reservation.ts";

/** What shall be held, where, and until when. */
export interface Hold {
  id: string;
  lines: readonly Line[];
  locationId: string;
  now: Date;
  expireTime: Date;
}

/**
 * Holds all lines or none. The stock rows are locked in SKU order until the
 * transaction ends, so what is found sufficient stays so; holds on them that
 * are due are expired only when somebody is short.
 *
 * @throws INSUFFICIENT_STOCK, RESERVATION_MISMATCH, RESERVATION_CLOSED.
 */
export async function reserveAll(tx: Queryable, hold: Hold): Promise<Reservation> {
  const { id, lines, locationId, now } = hold;
  const skus = lines.map((line) => line.sku);
  let short = shortages(lines, await lockStockOf(tx, { skus, locationId }));
  if (short.length > 0) {
    const earlier = await findReservation(tx, id);
    if (earlier !== undefined) return sameReservation(earlier, lines);
    await expireDueHolds(tx, { skus: short.map((line) => line.sku), locationId, now });
    short = shortages(lines, await lockStockOf(tx, { skus, locationId }));
    if (short.length > 0) throw await insufficientStock(tx, { short, locationId });
  }
  const made = await insertReservation(tx, hold);
  if (made !== undefined) return made;
  const earlier = await findReservation(tx, id);
  if (earlier === undefined) throw new Error(`reservation ${id} is neither new nor there`);
  return sameReservation(earlier, lines);
}

function sameReservation(earlier: Reservation, lines: readonly Line[]): Reservation {
  if (!sameLines(earlier.lines, lines)) {
    throw fail("RESERVATION_MISMATCH", { reservation_id: earlier.id });
  }
  if (earlier.state !== "HELD" && earlier.state !== "COMMITTED") {
    throw fail("RESERVATION_CLOSED", { reservation_id: earlier.id, state: earlier.state });
  }
  return earlier;
}

async function insufficientStock(
  tx: Queryable,
  { short, locationId }: { short: Shortage[]; locationId: string },
): Promise<ConnectError> {
  const expiries = await earliestExpiries(tx, { skus: short.map((line) => line.sku), locationId });
  for (const line of short) line.earliestExpiry = expiries.get(line.sku);
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
