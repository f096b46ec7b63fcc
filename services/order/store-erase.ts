import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { Order } from "./order.ts";

/** What decides whether an order is over. */
export type OrderStanding = Pick<Order, "id" | "state" | "paymentState" | "lateMoney">;

/** Where the orders of an owner stand, the oldest first; they stay there until the transaction ends. */
export async function lockOrdersOf(tx: Queryable, owner: string): Promise<OrderStanding[]> {
  return tx.query<OrderStanding>(sql`
    select id, state, payment_state as "paymentState", late_money as "lateMoney" from orders
    where owner = ${owner} order by id for update`);
}

const nobody = { email: "", phone: "" };
/** The country and the region stay. */
const nowhere = { name: "", line1: "", line2: "", city: "", postalCode: "" };

/**
 * Blots out who an owner's orders were for. How an order was asked for and first answered tells that, too, and goes: a
 * repeated PlaceOrder is refused with the order's id.
 */
export async function eraseOrdersOf(tx: Queryable, owner: string): Promise<void> {
  // What could not be sent may name the address.
  await tx.execute(sql`
    with forgotten as (
      delete from problem where order_id in (select id from orders where owner = ${owner})
    )
    update orders set contact = ${json(nobody)}::jsonb, shipping_address = shipping_address || ${json(nowhere)}::jsonb,
      metadata = '{}', request_id = '', request_fingerprint = '', place_response = ''
    where owner = ${owner} and contact ->> 'email' is distinct from ''`);
}

/** Forgets what a customer's repeated calls would be answered. */
export async function deleteKeysOf(tx: Queryable, customerId: string): Promise<void> {
  await tx.execute(sql`delete from idempotency where caller = ${`customer:${customerId}`}`);
}
