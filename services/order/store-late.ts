/** The guarded changes of an order that has ended and whose money came late. */
import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { LateMoney, Order, PaymentSnapshot } from "./order.ts";
import { changeOrder } from "./store-order.ts";

/**
 * Decides that an order shall be made good for its late money. Nothing is
 * returned when something else was decided, or when the order was paid before:
 * what was paid and then canceled goes back.
 */
export function beginRevival(
  db: Queryable,
  { orderId, paymentId }: { orderId: string; paymentId: string },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state in ('CANCELED', 'EXPIRED') and payment_id = ${paymentId} and late_money is null
      and payment_state not in ('CAPTURED', 'REFUNDED')`,
    set: sql`late_money = 'REVIVE', payment_state = 'PROCESSING', poll_time = null, polls = 0`,
    event: { kind: "reviving", data: { payment_id: paymentId } },
  });
}

/** Decides that late money goes back, for good, if what was decided before is still `from`. */
export function beginReturn(
  db: Queryable,
  { orderId, paymentId, from }: { orderId: string; paymentId: string; from: LateMoney | null },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state in ('CANCELED', 'EXPIRED') and payment_id = ${paymentId}
      and late_money is not distinct from ${from}`,
    set: sql`late_money = 'RETURN'`,
    event: { kind: "returning", data: { payment_id: paymentId } },
  });
}

/** CANCELED or EXPIRED → PAID, by the late money that the order was made good for. */
export function markRevived(
  db: Queryable,
  { orderId, paymentId, snapshot }: { orderId: string; paymentId: string; snapshot: PaymentSnapshot },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state in ('CANCELED', 'EXPIRED') and payment_id = ${paymentId} and late_money = 'REVIVE'`,
    set: sql`state = 'PAID', late_money = null, cancel_reason = '', payment_state = 'CAPTURED',
      payment = ${json(snapshot)}::jsonb`,
    event: { kind: "paid", data: { payment_id: paymentId, late: "true" } },
  });
}
