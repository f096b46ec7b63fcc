import { type Queryable, sql } from "../../lib/db/index.ts";
import { freeColumns } from "./store-stock.ts";

/** A SKU that ran low. */
export interface StockAlert {
  id: string;
  sku: string;
  /** Units that were available then. */
  available: bigint;
  /** The threshold then. */
  threshold: bigint;
  createTime: Date;
  resolveTime: Date | null;
}

/** A watched SKU whose alert does not say what its stock says. */
export interface AlertChange {
  sku: string;
  /** What can be had of it now, where sales are not paused. */
  available: bigint;
  threshold: bigint;
  /** Its open alert; null when it has none. */
  alertId: string | null;
}

const alertColumns = sql`
  id, sku, available, threshold, create_time as "createTime", resolve_time as "resolveTime"`;

/** Sets at how many units a SKU runs low; undefined: it is not watched any more. */
export async function setThreshold(
  tx: Queryable,
  { sku, threshold, now }: { sku: string; threshold: bigint | undefined; now: Date },
): Promise<void> {
  if (threshold === undefined) {
    await tx.query(sql`
      with ended as (
        update stock_alert set resolve_time = ${now} where sku = ${sku} and resolve_time is null
      )
      delete from stock_threshold where sku = ${sku}`);
    return;
  }
  await tx.query(sql`
    insert into stock_threshold (sku, threshold) values (${sku}, ${threshold})
    on conflict on constraint stock_threshold_pkey do update set threshold = excluded.threshold`);
}

/**
 * Watched SKUs that are low and have no open alert, that have one and are not
 * low any more, or that are out and whose alert does not say so; at most `limit`.
 */
export async function findAlertChanges(
  db: Queryable,
  { now, limit }: { now: Date; limit: number },
): Promise<AlertChange[]> {
  return db.query<AlertChange>(sql`
    with free as (
      select sku, sum("onHand" + "backorderLimit" - reserved) as available
      from (select ${freeColumns(now)} from stock where sku in (select sku from stock_threshold)) free
      join location l on l.id = "locationId"
      where not l.paused
      group by sku
    ), level as (
      select t.sku, t.threshold, coalesce(f.available, 0)::bigint as available
      from stock_threshold t left join free f using (sku)
    )
    select level.sku, level.available, level.threshold, a.id as "alertId"
    from level left join stock_alert a on a.sku = level.sku and a.resolve_time is null
    where (a.id is null) = (level.available <= level.threshold)
      or (a.id is not null and a.out_time is null and level.available = 0)
    order by level.sku
    limit ${limit}`);
}

/** Opens alerts, each with its event; those whose SKU has an open one are left out. Returns what was opened. */
export async function openAlerts(
  tx: Queryable,
  { alerts, now }: { alerts: readonly (AlertChange & { id: string })[]; now: Date },
): Promise<StockAlert[]> {
  return tx.query<StockAlert>(sql`
    with opened as (
      insert into stock_alert (id, sku, available, threshold, create_time)
      select id, sku, available, threshold, ${now} from unnest(
        ${alerts.map(({ id }) => id)}::text[], ${alerts.map(({ sku }) => sku)}::text[],
        ${alerts.map(({ available }) => available)}::bigint[], ${alerts.map(({ threshold }) => threshold)}::bigint[]
      ) as a (id, sku, available, threshold)
      on conflict (sku) where resolve_time is null do nothing
      returning *
    ), told as (
      insert into stock_event (type, alert_id, sku, available, threshold, create_time)
      select 'stock.low', id, sku, available, threshold, create_time from opened
    )
    select ${alertColumns} from opened`);
}

/** Notes that SKUs with an open alert are out, once, with an event. */
export async function markOut(
  tx: Queryable,
  { skus, now }: { skus: readonly string[]; now: Date },
): Promise<void> {
  await tx.query(sql`
    with out as (
      update stock_alert set out_time = ${now}
      where sku = any(${skus}::text[]) and resolve_time is null and out_time is null
      returning *
    )
    insert into stock_event (type, alert_id, sku, available, threshold, create_time)
    select 'stock.out', id, sku, 0, threshold, ${now} from out`);
}

/** Resolves alerts, once, with an event of what is available now. */
export async function resolveAlerts(
  tx: Queryable,
  { changes, now }: { changes: readonly AlertChange[]; now: Date },
): Promise<void> {
  await tx.query(sql`
    with resolved as (
      update stock_alert set resolve_time = ${now}
      from unnest(
        ${changes.map(({ alertId }) => alertId)}::text[], ${changes.map(({ available }) => available)}::bigint[]
      ) as c (id, now_available)
      where stock_alert.id = c.id and resolve_time is null
      returning stock_alert.*, c.now_available
    )
    insert into stock_event (type, alert_id, sku, available, threshold, create_time)
    select 'stock.replenished', id, sku, now_available, threshold, ${now} from resolved`);
}

/** One alert. */
export async function findAlert(db: Queryable, id: string): Promise<StockAlert | undefined> {
  const [row] = await db.query<StockAlert>(sql`select ${alertColumns} from stock_alert where id = ${id}`);
  return row;
}

/** One page of alerts, the newest first, with one more than `limit`. */
export async function listAlerts(
  db: Queryable,
  page: { before: readonly [Date, string] | undefined; limit: number; openOnly: boolean },
): Promise<StockAlert[]> {
  const { before, limit, openOnly } = page;
  const older = before === undefined ? sql`` : sql`and (create_time, id) < (${before[0]}, ${before[1]})`;
  const open = openOnly ? sql`and resolve_time is null` : sql``;
  return db.query<StockAlert>(sql`
    select ${alertColumns} from stock_alert where true ${older} ${open}
    order by create_time desc, id desc
    limit ${limit + 1}`);
}
