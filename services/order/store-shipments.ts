/** What an order keeps of its shipments. */
import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { Order, OrderShipment } from "./order.ts";
import { changeOrder } from "./store-order.ts";

/** Keeps what Shipping told of the order's shipments; nothing when that is known. */
export function recordShipments(
  db: Queryable,
  { orderId, shipments }: { orderId: string; shipments: readonly OrderShipment[] },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`shipments <> ${json(shipments)}::jsonb`,
    set: sql`shipments = ${json(shipments)}::jsonb`,
  });
}

/** The merchant ships a parcel of a paid order: it cannot be canceled any more. Nothing when it is not paid. */
export function markHandedOver(db: Queryable, orderId: string): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`(state = 'PAID' and (fulfilling or payment_state is distinct from 'REFUNDED')) or state = 'FULFILLED'`,
    set: sql`handed_over = true, fulfilling = true`,
  });
}
