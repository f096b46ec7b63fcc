import { type Queryable, sql } from "../../lib/db/index.ts";
import { type PromotionRow, promotionColumns } from "./store-promotion.ts";

/** A coupon. */
export interface CouponRow {
  code: string;
  promotion_id: string;
  order_limit: bigint;
  redeemed: bigint;
  disable_time: Date | null;
  create_time: Date;
}

/** A coupon beside its promotion. */
export interface CouponWithPromotion extends PromotionRow {
  coupon: CouponRow;
}

const couponColumns = sql`c.code, c.promotion_id, c.order_limit, c.redeemed, c.disable_time, c.create_time`;

/**
 * Inserts coupons, in the order of their codes, so that two who make the same ones do not wait for each other.
 * Returns the codes that are new; those that exist are left as they are.
 */
export async function insertCoupons(
  tx: Queryable,
  {
    codes,
    promotionId,
    limit,
    now,
  }: { codes: readonly string[]; promotionId: string; limit: bigint; now: Date },
): Promise<Set<string>> {
  const rows = await tx.query<{ code: string }>(sql`
    insert into coupon (code, promotion_id, order_limit, create_time)
    select code, ${promotionId}, ${limit}::bigint, ${now}::timestamptz from unnest(${codes.toSorted()}::text[]) as code
    on conflict on constraint coupon_pkey do nothing
    returning code`);
  return new Set(rows.map(({ code }) => code));
}

/** One page, by code. */
export async function listCouponPage(
  db: Queryable,
  { promotionId, after, limit }: { promotionId: string; after: string; limit: number },
): Promise<CouponRow[]> {
  return db.query<CouponRow>(sql`
    select ${couponColumns} from coupon c
    where c.promotion_id = ${promotionId} and c.code > ${after}
    order by c.code
    limit ${limit}`);
}

/** Disables a coupon, unless it is disabled already; undefined when there is none. */
export async function disableCouponRow(
  tx: Queryable,
  { code, now }: { code: string; now: Date },
): Promise<CouponRow | undefined> {
  const [row] = await tx.query<CouponRow>(sql`
    update coupon c set disable_time = coalesce(c.disable_time, ${now})
    where c.code = ${code}
    returning ${couponColumns}`);
  return row;
}

/** Those of the coupons that exist, each with its promotion. */
export async function findCoupons(db: Queryable, codes: readonly string[]): Promise<CouponWithPromotion[]> {
  type Joined = PromotionRow &
    Omit<CouponRow, "order_limit" | "redeemed" | "create_time"> & {
      coupon_limit: bigint;
      coupon_redeemed: bigint;
      coupon_time: Date;
    };
  const rows = await db.query<Joined>(sql`
    select ${promotionColumns}, c.code, c.promotion_id, c.order_limit as coupon_limit,
      c.redeemed as coupon_redeemed, c.disable_time, c.create_time as coupon_time
    from coupon c join promotion p on p.id = c.promotion_id
    where c.code = any(${codes}::text[])`);
  return rows.map((row) => ({
    ...row,
    coupon: {
      code: row.code,
      promotion_id: row.promotion_id,
      order_limit: row.coupon_limit,
      redeemed: row.coupon_redeemed,
      disable_time: row.disable_time,
      create_time: row.coupon_time,
    },
  }));
}

/** Those of the coupons that exist, locked in the order of their codes. */
export async function lockCoupons(tx: Queryable, codes: readonly string[]): Promise<CouponRow[]> {
  if (codes.length === 0) return [];
  return tx.query<CouponRow>(sql`
    select ${couponColumns} from coupon c
    where c.code = any(${codes}::text[])
    order by c.code
    for no key update`);
}
