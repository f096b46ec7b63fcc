/** What the sweeps of all replicas share out among themselves: each order goes to one of them. */
import { type Queryable, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { Order } from "./order.ts";
import type { Claim } from "./store-checkout.ts";
import { orderColumns } from "./store-order.ts";

const isDue = (now: Date) => sql`
  state = 'PENDING_PAYMENT' and hold_expire_time <= ${now} and payment_state is distinct from 'PROCESSING'`;

/** A checkout that nobody goes on with, and that may have redeemed promotions. */
const isDead = (before: Date) => sql`redeeming and lease_until < ${before}`;

/** Whether an unpaid order's hold is due, and whether there are dead checkouts. */
export async function findDue(
  db: Queryable,
  { now, deadBefore }: { now: Date; deadBefore: Date },
): Promise<{ orders: boolean; checkouts: boolean }> {
  const [due] = await db.query<{ orders: boolean; checkouts: boolean }>(sql`
    select exists (select 1 from orders where ${isDue(now)}) as orders,
      exists (select 1 from checkout where ${isDead(deadBefore)}) as checkouts`);
  return due ?? { orders: false, checkouts: false };
}

/** Drops checkouts whose lease ended before a time and which may have redeemed promotions. */
export async function dropDeadCheckouts(
  tx: Queryable,
  { before, limit }: { before: Date; limit: number },
): Promise<Claim[]> {
  return tx.query<Claim>(sql`
    with dead as (
      select cart_id from checkout where ${isDead(before)} limit ${limit} for update skip locked
    )
    delete from checkout where cart_id in (select cart_id from dead)
    returning cart_id as "cartId", order_id as "orderId"`);
}

/**
 * PENDING_PAYMENT → EXPIRED for orders whose hold is due and whose payment
 * nobody works on; the longest due first. Rows that are busy are passed over.
 */
export async function expireDue(
  db: Queryable,
  { now, limit }: { now: Date; limit: number },
): Promise<Order[]> {
  const expired = await db.query<Order>(sql`
    with due as (
      select id from orders where ${isDue(now)} order by hold_expire_time limit ${limit}
      for update skip locked
    ), expired as (
      update orders set state = 'EXPIRED', update_time = now() where id in (select id from due)
      returning ${orderColumns}
    ), noted as (
      insert into event (order_id, kind, data) select id, 'expired', '{}'::jsonb from expired
    )
    select * from expired`);
  changed(
    db,
    expired.map((order) => order.id),
  );
  return expired;
}

/**
 * Takes orders whose payment has not moved for a while: those that somebody
 * worked on who may be gone, and those that wait for the buyer or the provider.
 * Each is due a minute after its last change, and then after growing times, up
 * to five minutes; a taken one is not due for the others meanwhile.
 */
export async function claimWaiting(
  db: Queryable,
  { now, limit }: { now: Date; limit: number },
): Promise<Order[]> {
  const due = sql`coalesce(poll_time, update_time + interval '1 minute')`;
  return db.query<Order>(sql`
    with waiting as (
      select id from orders
      where ((state = 'PENDING_PAYMENT' and (payment_state in ('PROCESSING', 'REQUIRES_ACTION')
          or (payment_state = 'AWAITING_TRANSFER' and payment #> '{transfer,bankAccount}' is not null)))
        or late_money = 'REVIVE') and ${due} <= ${now}
      order by ${due} limit ${limit}
      for update skip locked
    )
    update orders set polls = polls + 1,
      poll_time = ${now}::timestamptz + least(interval '1 minute' * power(2, least(polls, 8)), interval '5 minutes')
    where id in (select id from waiting)
    returning ${orderColumns}`);
}
