import { type Queryable, sql } from "../../lib/db/index.ts";
import { freeColumns } from "./store-stock.ts";

/** Notes that somebody waits for a SKU; nothing happens when they do already. */
export async function insertNotice(
  tx: Queryable,
  { id, sku, email, language, now }: { id: string; sku: string; email: string; language: string; now: Date },
): Promise<void> {
  await tx.query(sql`
    insert into stock_notice (id, sku, email, language, create_time)
    values (${id}, ${sku}, ${email}, ${language}, ${now})
    on conflict (sku, lower(email)) do nothing`);
}

/**
 * Takes notices of SKUs that can be had again, those who wait longest first,
 * and those that were taken before `staleBefore` and not told. Of several who
 * take at once none waits, and none gets what another has.
 */
export async function claimNotices(
  tx: Queryable,
  { now, staleBefore, limit }: { now: Date; staleBefore: Date; limit: number },
): Promise<{ id: string; sku: string }[]> {
  return tx.query<{ id: string; sku: string }>(sql`
    with back as (
      select sku
      from (
        select ${freeColumns(now)} from stock
        where sku in (select sku from stock_notice where claim_time is null or claim_time < ${staleBefore})
      ) free
      join location l on l.id = "locationId"
      where not l.paused
      group by sku
      having sum("onHand" + "backorderLimit" - reserved) > 0
    ), claimed as (
      select id from stock_notice
      where sku in (select sku from back) and (claim_time is null or claim_time < ${staleBefore})
      order by create_time, id
      limit ${limit}
      for update skip locked
    )
    update stock_notice n set claim_time = ${now} from claimed where n.id = claimed.id
    returning n.id, n.sku`);
}

/** Lets notices wait for the next time. */
export async function releaseNotices(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query(sql`update stock_notice set claim_time = null where id = any(${ids}::text[])`);
}

/** Where notices go, and in which language, those that are still there; who waits longest first. */
export async function findNotices(
  db: Queryable,
  ids: readonly string[],
): Promise<{ id: string; email: string; language: string }[]> {
  return db.query(sql`
    select id, email, language from stock_notice where id = any(${ids}::text[]) order by create_time, id`);
}

/** Forgets a notice that was given. */
export async function deleteNotice(db: Queryable, id: string): Promise<void> {
  await db.query(sql`delete from stock_notice where id = ${id}`);
}

/** Forgets who asked for notices, whatever the case of their addresses. */
export async function eraseNotices(db: Queryable, emails: readonly string[]): Promise<void> {
  await db.query(sql`
    delete from stock_notice where lower(email) in (select lower(each) from unnest(${emails}::text[]) as each)`);
}
