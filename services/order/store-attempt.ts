import { json, type Queryable, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { Order, PaymentSnapshot } from "./order.ts";
import { orderColumns } from "./store-order.ts";

/** A payment attempt as it was asked for. */
export interface Attempt {
  paymentId: string;
  requestFingerprint: Uint8Array;
}

/**
 * One order, and the attempt that was asked for with a key. Both as of one
 * moment: an order without the attempt is as it was before the attempt began.
 */
export async function findOrderAndAttempt(
  db: Queryable,
  key: { orderId: string; requestId: string },
): Promise<{ order: Order; attempt: Attempt | undefined } | undefined> {
  const attempt = sql`from payment_attempt a where a.order_id = orders.id and a.request_id = ${key.requestId}`;
  type Row = Order & { attemptId: string | null; fingerprint: Uint8Array | null };
  const [row] = await db.query<Row>(sql`
    select ${orderColumns},
      (select a.payment_id ${attempt}) as "attemptId",
      (select a.request_fingerprint ${attempt}) as fingerprint
    from orders where id = ${key.orderId}`);
  if (row === undefined) return undefined;
  const { attemptId: paymentId, fingerprint: requestFingerprint, ...order } = row;
  const made = paymentId !== null && requestFingerprint !== null;
  return { order, attempt: made ? { paymentId, requestFingerprint } : undefined };
}

/**
 * Makes an attempt the order's live one, if it waits for a payment and has no
 * live attempt, and returns the order. One statement, so of several callers at
 * once one succeeds; the others get nothing.
 *
 * Errors: unique violation of payment_attempt_request_key when an attempt was
 * made with the key before.
 */
export async function beginAttempt(
  db: Queryable,
  attempt: {
    orderId: string;
    paymentId: string;
    requestId: string;
    requestFingerprint: Uint8Array;
    snapshot: PaymentSnapshot;
    now: Date;
  },
): Promise<Order | undefined> {
  const { orderId, paymentId, snapshot } = attempt;
  const [row] = await db.query<Order>(sql`
    with begun as (
      update orders set payment_id = ${paymentId}, payment_state = 'PROCESSING',
        payment = ${json(snapshot)}::jsonb, poll_time = null, polls = 0, update_time = now()
      where id = ${orderId} and state = 'PENDING_PAYMENT' and hold_expire_time > ${attempt.now}
        and (payment_state is null or payment_state in ('FAILED', 'REFUNDED'))
      returning ${orderColumns}
    ), noted as (
      insert into event (order_id, kind, data)
      select id, 'payment_started', ${json({ payment_id: paymentId, method: snapshot.method })}::jsonb from begun
    ), kept as (
      insert into payment_attempt (payment_id, order_id, request_id, request_fingerprint)
      select ${paymentId}, id, ${attempt.requestId || null}::text, ${attempt.requestFingerprint}::bytea from begun
    )
    select * from begun`);
  if (row !== undefined) changed(db, [orderId]);
  return row;
}
