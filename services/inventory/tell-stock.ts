import type { CallOptions, Client } from "@connectrpc/connect";
import type { CatalogService } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { type NotifyService, StockEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import type { LowStockJob, NoticeJob } from "./check-stock.ts";
import { findAlert } from "./store-alert.ts";
import { deleteNotice, findNotices, releaseNotices } from "./store-notice.ts";
import { readAvailable } from "./store-stock.ts";

/** What telling of the stock stands on. */
export interface TellDeps {
  db: Db;
  clock: Clock;
  catalog: Pick<Client<typeof CatalogService>, "batchGetVariants">;
  notify: Pick<Client<typeof NotifyService>, "notifyStock">;
}

/** Tells staff of an alert; once, however often it runs. */
export async function tellLowStock(
  deps: TellDeps,
  { alertId }: LowStockJob,
  options: CallOptions = {},
): Promise<void> {
  const alert = await findAlert(deps.db, alertId);
  if (alert === undefined) throw new Error(`stock alert ${alertId} does not exist`);
  const { sku, available, threshold } = alert;
  const title = await titleOf(deps, sku, options);
  await unlessRefused(
    deps.notify.notifyStock(
      { eventKey: alertId, kind: StockEventKind.LOW, items: [{ sku, title, available, threshold }] },
      options,
    ),
  );
}

/**
 * Tells customers that a SKU can be had again, each once, and forgets them; who
 * cannot be told now is told by the next attempt. When it is gone again they
 * wait on.
 */
export async function tellBackInStock(
  deps: TellDeps,
  { sku, noticeIds }: NoticeJob,
  options: CallOptions = {},
): Promise<void> {
  const { db, clock, notify } = deps;
  const available = (await readAvailable(db, { skus: [sku], now: clock() })).get(sku) ?? 0n;
  if (available === 0n) {
    await releaseNotices(db, noticeIds);
    return;
  }
  const items = [{ sku, title: await titleOf(deps, sku, options), available }];
  const failures: unknown[] = [];
  for (const { id, email, language } of await findNotices(db, noticeIds)) {
    try {
      const eventKey = `back:${sku}:${id}`;
      const news = { eventKey, kind: StockEventKind.BACK, email, language, items };
      await unlessRefused(notify.notifyStock(news, options));
      await deleteNotice(db, id);
    } catch (err) {
      failures.push(err);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** The product's title with the variant's; empty when it is not on sale, or Catalog cannot be asked. */
async function titleOf({ catalog }: TellDeps, sku: string, options: CallOptions): Promise<string> {
  try {
    const { variants } = await catalog.batchGetVariants({ skus: [sku] }, options);
    const [found] = variants;
    if (found === undefined) return "";
    const { productTitle, variant } = found;
    return [productTitle, variant?.title].filter(Boolean).join(", ").slice(0, 500);
  } catch {
    return "";
  }
}

/** A message that its provider will never take is done with. */
async function unlessRefused(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (err) {
    if (reasonOf(err) !== "MESSAGE_REFUSED") throw err;
  }
}
