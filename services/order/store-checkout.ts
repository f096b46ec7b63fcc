import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { Order } from "./order.ts";

/** A call that wants to make an order of a cart, under a new order id. */
export interface Claim {
  cartId: string;
  orderId: string;
}

/**
 * Takes the right to make orders of carts until `leaseUntil`. Returns, for
 * each claim, the order's id: the given one, or that of an earlier call which
 * died; nothing while another call has the right, or when the order exists. Of
 * several claims of one cart the first counts.
 */
export async function claimCheckouts(
  db: Queryable,
  { claims, now, leaseUntil }: { claims: readonly Claim[]; now: Date; leaseUntil: Date },
): Promise<(string | undefined)[]> {
  const firsts = new Map([...claims].reverse().map((claim) => [claim.cartId, claim]));
  // Sorted, so that two replicas never wait for each other.
  const sorted = [...firsts.values()].sort((a, b) => (a.cartId < b.cartId ? -1 : 1));
  const rows = await db.query<{ cartId: string; orderId: string }>(sql`
    insert into checkout as c (cart_id, order_id, lease_until)
    select cart_id, order_id, ${leaseUntil} from unnest(
      ${sorted.map((claim) => claim.cartId)}::text[], ${sorted.map((claim) => claim.orderId)}::text[]
    ) as claim (cart_id, order_id)
    on conflict on constraint checkout_pkey do update set lease_until = excluded.lease_until
      where c.lease_until < ${now}
    returning cart_id as "cartId", order_id as "orderId"`);
  const claimed = new Map(rows.map((row) => [row.cartId, row.orderId]));
  return claims.map((claim) => (firsts.get(claim.cartId) === claim ? claimed.get(claim.cartId) : undefined));
}

/**
 * Gives the right up, so that the cart can be ordered anew under another id.
 * Returns false when there is none to give up, because the order exists.
 */
export async function dropCheckout(db: Queryable, claim: Claim): Promise<boolean> {
  const count = await db.execute(sql`
    delete from checkout
    where cart_id = ${claim.cartId} and order_id = ${claim.orderId} and lease_until < 'infinity'`);
  return count === 1;
}

/**
 * Notes that promotions may be redeemed from now on, which somebody must give back when no order comes of it. False
 * when the right to make the order is lost.
 */
export async function beginRedeeming(db: Queryable, claim: Claim): Promise<boolean> {
  const count = await db.execute(sql`
    update checkout set redeeming = true
    where cart_id = ${claim.cartId} and order_id = ${claim.orderId} and lease_until < 'infinity'`);
  return count === 1;
}

/** An order that does not exist yet, and how it was asked for. */
export interface NewOrder {
  order: Order;
  requestId: string;
  requestFingerprint: Uint8Array;
  placeResponse: Uint8Array;
}

/**
 * Writes orders and their first events, and closes their checkouts for good.
 * Returns for each whether it was written: not unless its caller still has the
 * right to make it, since after its lease another call may have begun anew.
 */
export async function insertOrders(db: Queryable, orders: readonly NewOrder[]): Promise<boolean[]> {
  const rows = await db.query<{ id: string }>(sql`
    with given as materialized (
      select * from jsonb_to_recordset(${json(orders.map(toRow))}::jsonb) as o (
        id text, cart_id text, owner text, channel text, metadata jsonb, pick_up boolean, state text, currency_code text, lines jsonb, contact jsonb,
        shipping_address jsonb, shipment_id text, shipments jsonb, shipping_methods jsonb, item_total bigint, item_discount bigint,
        promotions jsonb, refused_codes jsonb, tax_total bigint, included_tax_total bigint, reservation_id text,
        hold_expire_time timestamptz, request_id text, request_fingerprint text, place_response text,
        create_time timestamptz, update_time timestamptz)
    ), closed as (
      update checkout c set lease_until = 'infinity', redeeming = false from given
      where c.cart_id = given.cart_id and c.order_id = given.id and c.lease_until < 'infinity'
      returning c.order_id, c.cart_id
    ), noted as (
      insert into event (order_id, kind, data)
      select order_id, 'placed', jsonb_build_object('cart_id', cart_id) from closed
    )
    insert into orders (id, cart_id, owner, channel, metadata, pick_up, state, currency_code, lines, contact, shipping_address,
      shipment_id, shipments, shipping_methods, item_total, item_discount, promotions, refused_codes, tax_total, included_tax_total,
      reservation_id, hold_expire_time, request_id, request_fingerprint, place_response, create_time, update_time)
    select id, given.cart_id, owner, channel, metadata, pick_up, state, currency_code, lines, contact, shipping_address,
      shipment_id, shipments, shipping_methods, item_total, item_discount, promotions, refused_codes, tax_total, included_tax_total,
      reservation_id, hold_expire_time, request_id, decode(request_fingerprint, 'hex'), decode(place_response, 'hex'), create_time, update_time
    from given join closed on closed.order_id = given.id
    returning id`);
  const written = new Set(rows.map((row) => row.id));
  return orders.map(({ order }) => written.has(order.id));
}

function toRow({ order, requestId, requestFingerprint, placeResponse }: NewOrder) {
  return {
    id: order.id,
    cart_id: order.cartId,
    owner: order.owner,
    channel: order.channel,
    metadata: order.metadata,
    pick_up: order.pickUp,
    state: order.state,
    currency_code: order.currencyCode,
    lines: order.lines,
    contact: order.contact,
    shipping_address: order.shippingAddress,
    shipment_id: order.shipmentId,
    shipments: order.shipments,
    shipping_methods: order.shippingMethods,
    item_total: String(order.itemTotal),
    item_discount: String(order.itemDiscount),
    promotions: order.promotions,
    refused_codes: order.refusedCodes,
    tax_total: String(order.taxTotal),
    included_tax_total: String(order.includedTaxTotal),
    reservation_id: order.reservationId,
    hold_expire_time: order.holdExpireTime,
    request_id: requestId,
    request_fingerprint: Buffer.from(requestFingerprint).toString("hex"),
    place_response: Buffer.from(placeResponse).toString("hex"),
    create_time: order.createTime,
    update_time: order.updateTime,
  };
}
