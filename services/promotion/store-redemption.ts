import { joinSql, type Queryable, type Sql, sql } from "../../lib/db/index.ts";

/** A promotion that an order uses, and the code that opened it; empty for an automatic one. */
export interface Use {
  promotionId: string;
  code: string;
}

/** What an order wants to use. */
export interface Redeeming {
  orderId: string;
  /** Each promotion once. */
  uses: readonly Use[];
  /** As it is stored. */
  customerKey: string;
}

/** What an order uses, or used until it was released. */
export interface RedemptionRow {
  order_id: string;
  promotion_ids: string[];
  /** Parallel to `promotion_ids`. */
  codes: string[];
  customer_key: string;
  redeem_time: Date | null;
  release_time: Date | null;
  create_time: Date;
}

/** What other orders, and the order at hand, use of a promotion. */
export interface UsageRow {
  promotion_id: string;
  /** Other orders of the customer. */
  customer_redeemed: bigint;
  /** The code with which the order at hand uses it, empty for none; null when it does not. */
  own_code: string | null;
}

const redemptionColumns = sql`
  order_id, promotion_ids, codes, customer_key, redeem_time, release_time, create_time`;

/** The redemptions that the orders have, in no particular order. */
export async function findRedemptions(db: Queryable, orderIds: readonly string[]): Promise<RedemptionRow[]> {
  return db.query<RedemptionRow>(sql`
    select ${redemptionColumns} from redemption where order_id = any(${orderIds}::text[])`);
}

/** How many orders the customers have that use the promotions, where that is limited. */
export async function countCustomerUses(
  tx: Queryable,
  redeemings: readonly Redeeming[],
): Promise<{ promotion_id: string; customer_key: string; orders: bigint }[]> {
  const wanted = redeemings.flatMap(({ uses, customerKey }) =>
    uses.map(({ promotionId }) => ({ promotionId, customerKey })),
  );
  return tx.query(sql`
    select u.promotion_id, u.customer_key, count(*) as orders
    from redemption_use u join promotion p on p.id = u.promotion_id
    where p.customer_limit > 0 and (u.promotion_id, u.customer_key) in (
      select * from unnest(${wanted.map((each) => each.promotionId)}::text[],
        ${wanted.map((each) => each.customerKey)}::text[]))
    group by u.promotion_id, u.customer_key`);
}

/**
 * Makes the redemptions and counts them in: on their promotions, their coupons and their customers. The caller has
 * locked the rows that are counted on.
 */
export async function insertRedemptions(
  tx: Queryable,
  { redeemings, now }: { redeemings: readonly Redeeming[]; now: Date },
): Promise<RedemptionRow[]> {
  if (redeemings.length === 0) return [];
  const rows = redeemings.flatMap(({ orderId, customerKey, uses }) =>
    uses.map((use) => ({ orderId, customerKey, ...use })),
  );
  return tx.query<RedemptionRow>(sql`
    with use as (
      select * from unnest(${rows.map((row) => row.orderId)}::text[], ${rows.map((row) => row.customerKey)}::text[],
        ${rows.map((row) => row.promotionId)}::text[], ${rows.map((row) => row.code)}::text[])
        with ordinality as u (order_id, customer_key, promotion_id, code, place)
    ), made as (
      insert into redemption (order_id, promotion_ids, codes, customer_key, redeem_time, create_time)
      select order_id, array_agg(promotion_id order by place), array_agg(code order by place), customer_key,
        ${now}::timestamptz, ${now}::timestamptz
      from use group by order_id, customer_key order by order_id
      returning ${redemptionColumns}
    ), counted as (
      insert into redemption_use (promotion_id, customer_key, order_id)
      select promotion_id, customer_key, order_id from use
    ), promotions as (
      update promotion p set redeemed = p.redeemed + n.orders
      from (select promotion_id, count(*) as orders from use group by promotion_id) n
      where p.id = n.promotion_id
    ), coupons as (
      update coupon c set redeemed = c.redeemed + n.orders
      from (select code, count(*) as orders from use where code <> '' group by code) n
      where c.code = n.code
    )
    select * from made`);
}

/**
 * Marks an order as released that uses these promotions, or has not redeemed; undefined when it uses others. The
 * caller has locked the promotions.
 */
export async function markReleased(
  tx: Queryable,
  { orderId, promotionIds, now }: { orderId: string; promotionIds: readonly string[]; now: Date },
): Promise<RedemptionRow | undefined> {
  const [row] = await tx.query<RedemptionRow>(sql`
    insert into redemption as r (order_id, promotion_ids, codes, customer_key, release_time, create_time)
    values (${orderId}, '{}', '{}', '', ${now}, ${now})
    on conflict on constraint redemption_pkey do update set release_time = excluded.release_time
      where r.release_time is null and r.promotion_ids = ${promotionIds}::text[]
    returning ${redemptionColumns}`);
  return row;
}

/** Counts an order out again. The caller has locked the rows. */
export async function uncountUses(
  tx: Queryable,
  { orderId, uses, customerKey }: { orderId: string; uses: readonly Use[]; customerKey: string },
): Promise<void> {
  const { ids, codes } = keysOf(uses);
  await tx.query(sql`
    with promotions as (
      update promotion set redeemed = redeemed - 1 where id = any(${ids}::text[])
    ), coupons as (
      update coupon set redeemed = redeemed - 1 where code = any(${codes}::text[])
    )
    delete from redemption_use
    where promotion_id = any(${ids}::text[]) and customer_key = ${customerKey} and order_id = ${orderId}`);
}

/** How the promotions are used by the customer's other orders and by the order at hand; either may be empty. */
export async function findUsage(
  db: Queryable,
  {
    promotionIds,
    customerKey,
    orderId,
  }: { promotionIds: readonly string[]; customerKey: string; orderId: string },
): Promise<UsageRow[]> {
  return db.query<UsageRow>(sql`
    select id as promotion_id, (
      select count(*) from redemption_use u
      where u.promotion_id = id and u.customer_key = ${customerKey} and u.order_id <> ${orderId}
    ) as customer_redeemed, r.codes[array_position(r.promotion_ids, id)] as own_code
    from unnest(${promotionIds}::text[]) as id
    left join redemption r
      on r.order_id = ${orderId} and r.release_time is null and r.promotion_ids @> array[id]`);
}

/** One page, the newest first; of one promotion or one order when asked for. */
export async function listRedemptionPage(
  db: Queryable,
  {
    promotionId,
    orderId,
    after,
    limit,
  }: {
    promotionId: string;
    orderId: string;
    after: { time: Date; orderId: string } | undefined;
    limit: number;
  },
): Promise<RedemptionRow[]> {
  const conditions: Sql[] = [sql`true`];
  if (promotionId !== "") conditions.push(sql`promotion_ids @> array[${promotionId}::text]`);
  if (orderId !== "") conditions.push(sql`order_id = ${orderId}`);
  if (after !== undefined) {
    conditions.push(sql`(create_time, order_id) < (${after.time}, ${after.orderId})`);
  }
  return db.query<RedemptionRow>(sql`
    select ${redemptionColumns} from redemption
    where ${joinSql(conditions, sql` and `)}
    order by create_time desc, order_id desc
    limit ${limit}`);
}

/** What an order uses, in the order in which it was said. */
export function usesOf({ promotion_ids, codes }: Pick<RedemptionRow, "promotion_ids" | "codes">): Use[] {
  return promotion_ids.map((promotionId, i) => ({ promotionId, code: codes[i] ?? "" }));
}

/** The promotions and the coupons of uses. */
export function keysOf(uses: readonly Use[]): { ids: string[]; codes: string[] } {
  return {
    ids: uses.map(({ promotionId }) => promotionId),
    codes: uses.flatMap(({ code }) => (code === "" ? [] : [code])),
  };
}
