import type { Db } from "../../lib/db/index.ts";
import { expireDueHolds, findDueStock, tryLockStock } from "./store-hold.ts";

/** How many stock rows one sweep visits at most. */
const sweepLimit = 500;

/**
 * Expires due holds, one stock row a transaction; rows that somebody else has
 * locked are left to them, since whoever locks a row and is short frees its
 * due holds. Returns how many rows were swept.
 */
export async function sweepDueHolds(db: Db, now: Date): Promise<number> {
  let swept = 0;
  for (const { sku, locationId } of await findDueStock(db, { now, limit: sweepLimit })) {
    swept += await db.transaction(async (tx) => {
      if (!(await tryLockStock(tx, { sku, locationId }))) return 0;
      await expireDueHolds(tx, { skus: [sku], locationId, now });
      return 1;
    });
  }
  return swept;
}
