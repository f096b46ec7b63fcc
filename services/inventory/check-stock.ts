import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import { defineQueue, type Jobs } from "../../lib/jobs/index.ts";
import { findAlertChanges, markOut, openAlerts, resolveAlerts } from "./store-alert.ts";
import { claimNotices } from "./store-notice.ts";

/** An alert that staff are to be told of. */
export interface LowStockJob {
  alertId: string;
}

/** Customers who are to be told that a SKU can be had again. */
export interface NoticeJob {
  sku: string;
  noticeIds: string[];
}

/** Tells staff that a SKU runs low. */
export const lowStockQueue = defineQueue<LowStockJob>("inventory.low-stock", { retryLimit: 100 });

/** Tells customers that a SKU can be had again. */
export const noticeQueue = defineQueue<NoticeJob>("inventory.back-in-stock");

/** What the check of the stock stands on. */
export interface CheckDeps {
  db: Db;
  clock: Clock;
  jobs: Pick<Jobs, "enqueueAll">;
}

/** Alerts that are opened and resolved in one transaction. */
const maxChanges = 500;
/** Notices that are taken in one transaction. */
const maxNotices = 500;
/** Notices that one job gives. */
const noticesPerJob = 50;
/** By then the job that has a notice has been given up; milliseconds. */
const staleMs = 3_600_000;

/**
 * Looks what runs low and what can be had again, for all SKUs that somebody
 * wants to know of. Sales pay nothing for it. Safe on several replicas at once:
 * a SKU has one open alert, and a notice one job. Returns how many changes it
 * found.
 */
export async function checkStock(deps: CheckDeps): Promise<number> {
  return (await checkThresholds(deps)) + (await checkNotices(deps));
}

async function checkThresholds({ db, clock, jobs }: CheckDeps): Promise<number> {
  for (let count = 0; ; ) {
    const now = clock();
    const changes = await findAlertChanges(db, { now, limit: maxChanges });
    if (changes.length === 0) return count;
    count += changes.length;
    const isLow = changes.filter(({ available, threshold }) => available <= threshold);
    await db.transaction(async (tx) => {
      const opening = isLow.filter(({ alertId }) => alertId === null);
      const opened = await openAlerts(tx, {
        alerts: opening.map((change) => ({ ...change, id: newId("alr") })),
        now,
      });
      const out = isLow.filter(({ available }) => available === 0n).map(({ sku }) => sku);
      await markOut(tx, { skus: out, now });
      await resolveAlerts(tx, { changes: changes.filter((change) => !isLow.includes(change)), now });
      const told = opened.map(({ id }) => ({ data: { alertId: id }, singletonKey: id }));
      await jobs.enqueueAll(tx, lowStockQueue, told);
    });
    if (changes.length < maxChanges) return count;
  }
}

async function checkNotices({ db, clock, jobs }: CheckDeps): Promise<number> {
  for (let count = 0; ; ) {
    const claimed = await db.transaction(async (tx) => {
      const now = clock();
      const staleBefore = new Date(now.getTime() - staleMs);
      const notices = await claimNotices(tx, { now, staleBefore, limit: maxNotices });
      const bySku = Map.groupBy(notices, ({ sku }) => sku);
      const data = [...bySku].flatMap(([sku, some]) =>
        batchesOf(some.map(({ id }) => id)).map((noticeIds) => ({ data: { sku, noticeIds } })),
      );
      if (data.length > 0) await jobs.enqueueAll(tx, noticeQueue, data);
      return notices.length;
    });
    count += claimed;
    if (claimed < maxNotices) return count;
  }
}

function batchesOf(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / noticesPerJob);
  return Array.from({ length: count }, (_, i) => ids.slice(i * noticesPerJob, (i + 1) * noticesPerJob));
}
