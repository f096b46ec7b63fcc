import type { Queryable } from "../../lib/db/index.ts";
import { fail } from "./reasons.ts";
import { arrival, type Stock } from "./stock.ts";
import { expireDueHolds } from "./store-hold.ts";
import { isLocation } from "./store-location.ts";
import { ensureStock, lockStock, lockStockAt, writeStock } from "./store-stock.ts";

/** Units that are to be somewhere else. */
export interface Transfer {
  sku: string;
  from: string;
  to: string;
  quantity: bigint;
  now: Date;
}

/**
 * Moves units on hand that nobody holds, with an entry in the ledger for each
 * location. Where they go they are given to those who wait first. Both rows are
 * locked in the order of all, whichever way the units go. Where the SKU has never been, its row is made here: a
 * reservation that began before and waited for the other row does not see it, and may put on backorder what has just
 * arrived; one that would come out short looks again.
 *
 * Errors: STOCK_NOT_FOUND, LOCATION_NOT_FOUND, STOCK_BELOW_RESERVED; the foreign
 * key stock_location when `to` is no location.
 */
export async function transfer(tx: Queryable, move: Transfer): Promise<{ from: Stock; to: Stock }> {
  const { sku, from, to, quantity } = move;
  await ensureStock(tx, { sku, locationId: to });
  const rows = await lockStockAt(tx, { sku, locationIds: [from, to] });
  const [source, target] = [from, to].map((id) => rows.find(({ locationId }) => locationId === id));
  if (source === undefined || target === undefined) {
    if (!(await isLocation(tx, from))) throw fail("LOCATION_NOT_FOUND", { location_id: from });
    throw fail("STOCK_NOT_FOUND", { sku, location_id: from });
  }
  if (quantity > free(source) && quantity > free(await expireDue(tx, source, move.now))) {
    throw fail("STOCK_BELOW_RESERVED", { sku, location_id: from });
  }
  const reason = "transfer";
  const leaving = { onHand: -quantity, backorder: 0n, owed: 0n };
  return {
    from: await writeStock(tx, { sku, locationId: from, delta: leaving, reason }),
    to: await writeStock(tx, { sku, locationId: to, delta: arrival(target, quantity), reason }),
  };
}

/** Units on hand that nobody holds; negative when more are held than there are. */
function free({ onHand, reserved }: Stock): bigint {
  return onHand - reserved;
}

/** Frees what is due there: it is free to whoever needs it. The caller has locked the row. */
async function expireDue(tx: Queryable, { sku, locationId }: Stock, now: Date): Promise<Stock> {
  await expireDueHolds(tx, { skus: [sku], locationId, now });
  const after = await lockStock(tx, { sku, locationId });
  if (after === undefined) throw new Error(`stock row of ${sku} vanished under its lock`);
  return after;
}
