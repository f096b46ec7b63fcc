import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import {
  type Balance,
  counterKinds,
  type HoldDifference,
  isRepaired,
  planRepair,
  type StockKey,
  type Violation,
  violationsOf,
} from "./reconcile.ts";
import {
  ensureLocation,
  findExcessHolds,
  findMissingHolds,
  listSkus,
  lockReservations,
  readBalances,
  writeRepair,
} from "./store-reconcile.ts";
import { ensureStock, lockStock } from "./store-stock.ts";

/** SKUs read with one statement. */
const pageSize = 100;
/** Most violations of one call. */
const maxViolations = 1000;
/** Clocks of two replicas may differ by this much; see lib/rpc's signer. */
const skewMs = 5_000;

/**
 * Checks stock, holds and ledger of all SKUs, or of those given, and repairs
 * what does not agree unless `dryRun`.
 *
 * Reads without locks first: one statement sees each sale wholly or not at
 * all. What seems wrong is read once more, and repaired, under the lock of its
 * stock row, one row a transaction, so that sales wait for nothing but that.
 *
 * Costs an index scan of each SKU's ledger and one scan of the reservations.
 */
export async function reconcileStock({
  db,
  clock,
  skus,
  dryRun,
  signal,
}: {
  db: Db;
  clock: Clock;
  skus: readonly string[];
  dryRun: boolean;
  signal: AbortSignal;
}): Promise<{ checked: number; violations: Violation[] }> {
  const missing = await findMissingHolds(db, {
    ...(skus.length > 0 && { skus }),
    now: clock(),
    limit: maxViolations,
  });
  const violations: Violation[] = [];
  let checked = 0;
  for await (const page of pagesOf(db, { skus, suspects: missing })) {
    const [balances, excess] = await Promise.all([
      readBalances(db, page),
      findExcessHolds(db, { skus: page, dueBy: dueBy(clock), limit: maxViolations }),
    ]);
    checked += balances.length;
    const inPage = missing.filter((hold) => page.includes(hold.sku));
    for (const key of suspectKeys(balances, [...excess, ...inPage])) {
      signal.throwIfAborted();
      const room = maxViolations - violations.length - counterKinds;
      if (room <= 0) return { checked, violations };
      const suspects = inPage.filter((hold) => isAt(hold, key)).map((hold) => hold.reservationId);
      violations.push(...(await reconcileRow({ db, clock, key, suspects, room, dryRun })));
    }
    signal.throwIfAborted();
  }
  return { checked, violations };
}

/** The SKUs to check, page by page; last those that nothing but a suspect reservation knows of. */
async function* pagesOf(
  db: Db,
  { skus, suspects }: { skus: readonly string[]; suspects: readonly HoldDifference[] },
): AsyncGenerator<readonly string[]> {
  if (skus.length > 0) {
    yield skus;
    return;
  }
  const unseen = new Set(suspects.map((hold) => hold.sku));
  for (let after = ""; ; ) {
    const page = await listSkus(db, { after, limit: pageSize });
    if (page.length > 0) yield page;
    for (const sku of page) unseen.delete(sku);
    if (page.length < pageSize) break;
    after = page.at(-1) ?? "";
  }
  if (unseen.size > 0) yield [...unseen];
}

function suspectKeys(balances: readonly Balance[], holds: readonly HoldDifference[]): StockKey[] {
  const keys = new Map<string, StockKey>();
  const wrong = balances.filter((balance) => violationsOf(balance, []).length > 0);
  for (const { sku, locationId } of [...wrong, ...holds]) {
    keys.set(JSON.stringify([sku, locationId]), { sku, locationId });
  }
  return [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}

/** Checks one stock row, its holds and these reservations again under its lock, and repairs it unless `dryRun`. */
async function reconcileRow({
  db,
  clock,
  key,
  suspects,
  room,
  dryRun,
}: {
  db: Db;
  clock: Clock;
  key: StockKey;
  suspects: readonly string[];
  room: number;
  dryRun: boolean;
}): Promise<Violation[]> {
  return db.transaction(async (tx) => {
    if (!dryRun) {
      await ensureLocation(tx, key.locationId);
      await ensureStock(tx, key);
    }
    await lockStock(tx, key);
    await lockReservations(tx, suspects);
    const skus = [key.sku];
    const [balances, excess, missing] = await Promise.all([
      readBalances(tx, skus),
      // The clock is read under the lock: whatever expired a hold of this row did so earlier.
      findExcessHolds(tx, { skus, dueBy: dueBy(clock), limit: maxViolations }),
      findMissingHolds(tx, { skus, reservationIds: suspects, now: clock(), limit: maxViolations }),
    ]);
    const balance = balances.find((each) => isAt(each, key)) ?? emptyBalance(key);
    const holds = [...excess, ...missing].filter((hold) => isAt(hold, key)).slice(0, room);
    const violations = violationsOf(balance, holds);
    if (dryRun || violations.length === 0) return violations;
    const repair = planRepair(balance, holds);
    if (repair === undefined) return violations;
    await writeRepair(tx, key, repair);
    return violations.map((violation) => ({ ...violation, repaired: isRepaired(violation, repair) }));
  });
}

function dueBy(clock: Clock): Date {
  return new Date(clock().getTime() + skewMs);
}

function isAt(a: StockKey, b: StockKey): boolean {
  return a.sku === b.sku && a.locationId === b.locationId;
}

function emptyBalance(key: StockKey): Balance {
  const zeros = { onHand: 0n, reserved: 0n, backorder: 0n, owed: 0n };
  return { ...key, stock: zeros, ledger: zeros, held: 0n };
}
