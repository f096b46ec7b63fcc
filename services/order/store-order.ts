import { json, type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { Order, OrderState } from "./order.ts";

/** What was given back of an order for parts of it. */
const refunds = sql`
  (select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'items', r.items, 'shipping', r.shipping,
      'amount', r.amount, 'reason', r.reason, 'state', r.state, 'createTime', r.create_time) order by r.id), '[]')
    from refund r where r.order_id = orders.id) as refunds`;

/** The columns of an {@link Order}. */
export const orderColumns = sql`
  id, cart_id as "cartId", owner, channel, metadata, pick_up as "pickUp", state, currency_code as "currencyCode", lines, contact,
  shipping_address as "shippingAddress", shipment_id as "shipmentId",
  shipping_methods as "shippingMethods", shipping_method_id as "shippingMethodId",
  promotions, refused_codes as "refusedCodes", item_total as "itemTotal", item_discount as "itemDiscount", shipping_total as "shippingTotal",
  shipping_discounts as "shippingDiscounts", shipping_discount as "shippingDiscount",
  shipping_taxes as "shippingTaxes", tax_total as "taxTotal", included_tax_total as "includedTaxTotal",
  reservation_id as "reservationId",
  hold_expire_time as "holdExpireTime", payment_id as "paymentId", payment_state as "paymentState",
  payment, late_money as "lateMoney", fulfilling, fulfillment, shipments, cancel_reason as "cancelReason",
  create_time as "createTime", update_time as "updateTime", ${refunds}`;

/** One order. */
export async function findOrder(db: Queryable, id: string): Promise<Order | undefined> {
  const [row] = await db.query<Order>(sql`select ${orderColumns} from orders where id = ${id}`);
  return row;
}

/** How the order of a cart was asked for, and what was answered. */
export interface Placed {
  id: string;
  owner: string;
  requestId: string;
  requestFingerprint: Uint8Array;
  /** The first answer, as the bytes of an Order message. */
  placeResponse: Uint8Array;
}

/** The order of a cart. */
export async function findPlaced(db: Queryable, cartId: string): Promise<Placed | undefined> {
  const [row] = await db.query<Placed>(sql`
    select id, owner, request_id as "requestId", request_fingerprint as "requestFingerprint",
      place_response as "placeResponse"
    from orders where cart_id = ${cartId}`);
  return row;
}

/** A guarded change of one order and the event that tells of it. */
export interface OrderChange {
  id: string;
  /** The condition under which the change is made. */
  guard: Sql;
  /** The assignments. */
  set: Sql;
  event?: { kind: string; data?: Record<string, string> };
}

/**
 * Changes an order if its guard holds, together with its timeline, in one
 * statement; returns nothing when the guard does not hold.
 */
export async function changeOrder(db: Queryable, change: OrderChange): Promise<Order | undefined> {
  const { id, guard, set, event } = change;
  const update = sql`
    update orders set ${set}, update_time = now() where id = ${id} and (${guard}) returning ${orderColumns}`;
  const [row] = await db.query<Order>(
    event === undefined
      ? update
      : sql`
        with changed as (${update}), noted as (
          insert into event (order_id, kind, data)
          select id, ${event.kind}, ${json(event.data ?? {})}::jsonb from changed
        )
        select * from changed`,
  );
  if (row !== undefined) changed(db, [id]);
  return row;
}

/** Which orders a list has. */
export interface OrderFilter {
  state?: OrderState;
  email?: string;
  owner?: string;
  channel?: string;
}

/** One page of orders below an id, the newest first, with one row more than asked for. */
export async function listOrders(
  db: Queryable,
  { below, limit, state, email, owner, channel }: OrderFilter & { below: string | undefined; limit: number },
): Promise<Order[]> {
  const filters = [sql`true`];
  if (below !== undefined) filters.push(sql`id < ${below}`);
  if (state !== undefined) filters.push(sql`state = ${state}`);
  if (email !== undefined) filters.push(sql`contact ->> 'email' = ${email}`);
  if (owner !== undefined) filters.push(sql`owner = ${owner}`);
  // The index leaves the shop's own orders out.
  if (channel !== undefined) filters.push(sql`channel <> '' and channel = ${channel}`);
  const where = filters.reduce((all, filter) => sql`${all} and ${filter}`);
  return db.query<Order>(sql`
    select ${orderColumns} from orders where ${where} order by id desc limit ${limit + 1}`);
}

/** Gives all orders of one owner to another; how many. */
export async function changeOwner(
  db: Queryable,
  { from, to }: { from: string; to: string },
): Promise<number> {
  return db.execute(sql`update orders set owner = ${to} where owner = ${from}`);
}
