import type { JsonValue } from "@bufbuild/protobuf";
import { json, type Queryable, sql } from "../../lib/db/index.ts";

/** What staff say of a promotion, as columns. */
export interface PromotionContent {
  title: string;
  automatic: boolean;
  paused: boolean;
  start_time: Date | null;
  end_time: Date | null;
  priority: number;
  exclusive: boolean;
  /** Targets, minimums and the action, as JSON of the contract. */
  terms: JsonValue;
  order_limit: bigint;
  customer_limit: bigint;
}

/** A promotion. */
export interface PromotionRow extends PromotionContent {
  id: string;
  redeemed: bigint;
  revision: bigint;
  create_time: Date;
  update_time: Date;
}

/** The columns of a PromotionRow; `p` is the promotion. */
export const promotionColumns = sql`
  p.id, p.title, p.automatic, p.paused, p.start_time, p.end_time, p.priority, p.exclusive, p.terms,
  p.order_limit, p.customer_limit, p.redeemed, p.revision, p.create_time, p.update_time`;

export async function insertPromotion(
  tx: Queryable,
  { id, content, now }: { id: string; content: PromotionContent; now: Date },
): Promise<PromotionRow> {
  const [row] = await tx.query<PromotionRow>(sql`
    insert into promotion as p (id, title, automatic, paused, start_time, end_time, priority, exclusive, terms,
      order_limit, customer_limit, create_time, update_time)
    values (${id}, ${content.title}, ${content.automatic}, ${content.paused}, ${content.start_time},
      ${content.end_time}, ${content.priority}, ${content.exclusive}, ${json(content.terms)},
      ${content.order_limit}, ${content.customer_limit}, ${now}, ${now})
    returning ${promotionColumns}`);
  return written(row, id);
}

/** Writes what staff say of a promotion, one revision further. The caller has locked the row. */
export async function updatePromotionRow(
  tx: Queryable,
  { id, content, now }: { id: string; content: PromotionContent; now: Date },
): Promise<PromotionRow> {
  const [row] = await tx.query<PromotionRow>(sql`
    update promotion p set
      title = ${content.title},
      automatic = ${content.automatic},
      paused = ${content.paused},
      start_time = ${content.start_time},
      end_time = ${content.end_time},
      priority = ${content.priority},
      exclusive = ${content.exclusive},
      terms = ${json(content.terms)},
      order_limit = ${content.order_limit},
      customer_limit = ${content.customer_limit},
      revision = revision + 1,
      update_time = ${now}
    where id = ${id}
    returning ${promotionColumns}`);
  return written(row, id);
}

/** The promotion, or undefined. */
export async function findPromotion(db: Queryable, id: string): Promise<PromotionRow | undefined> {
  const [row] = await db.query<PromotionRow>(sql`
    select ${promotionColumns} from promotion p where p.id = ${id}`);
  return row;
}

/**
 * Those of the promotions that exist, locked in the order of their ids: nobody else changes or redeems them until
 * the transaction ends. Coupons may be added meanwhile.
 */
export async function lockPromotions(tx: Queryable, ids: readonly string[]): Promise<PromotionRow[]> {
  if (ids.length === 0) return [];
  return tx.query<PromotionRow>(sql`
    select ${promotionColumns} from promotion p
    where p.id = any(${ids}::text[])
    order by p.id
    for no key update`);
}

/** One page, the newest first. */
export async function listPromotionPage(
  db: Queryable,
  { after, limit }: { after: { time: Date; id: string } | undefined; limit: number },
): Promise<PromotionRow[]> {
  const beyond = after === undefined ? sql`true` : sql`(p.create_time, p.id) < (${after.time}, ${after.id})`;
  return db.query<PromotionRow>(sql`
    select ${promotionColumns} from promotion p
    where ${beyond}
    order by p.create_time desc, p.id desc
    limit ${limit}`);
}

/** The promotions that apply by themselves, now or later: neither paused nor over at `now`. */
export async function findAutomaticPromotions(db: Queryable, now: Date): Promise<PromotionRow[]> {
  return db.query<PromotionRow>(sql`
    select ${promotionColumns} from promotion p
    where p.automatic and not p.paused and (p.end_time is null or p.end_time > ${now})
    order by p.id`);
}

function written(row: PromotionRow | undefined, id: string): PromotionRow {
  if (row === undefined) throw new Error(`promotion ${id} was to be written and is not there`);
  return row;
}
