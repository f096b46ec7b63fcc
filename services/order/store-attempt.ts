import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { PaymentSnapshot } from "./order.ts";

/** A payment attempt as it was asked for. */
export interface Attempt {
  paymentId: string;
  requestFingerprint: Uint8Array;
}

/** The attempt that was asked for with a key. */
export async function findAttempt(
  db: Queryable,
  key: { orderId: string; requestId: string },
): Promise<Attempt | undefined> {
  const [row] = await db.query<Attempt>(sql`
    select payment_id as "paymentId", request_fingerprint as "requestFingerprint"
    from payment_attempt where order_id = ${key.orderId} and request_id = ${key.requestId}`);
  return row;
}

/**
 * Makes an attempt the order's live one, if it waits for a payment and has no
 * live attempt. One statement, so of several callers at once one succeeds.
 *
 * Errors: unique violation of payment_attempt_request_key when the key was
 * used at the same moment.
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
): Promise<boolean> {
  const { orderId, paymentId, snapshot } = attempt;
  const count = await db.execute(sql`
    with begun as (
      update orders set payment_id = ${paymentId}, payment_state = 'PROCESSING',
        payment = ${json(snapshot)}::jsonb, update_time = now()
      where id = ${orderId} and state = 'PENDING_PAYMENT' and hold_expire_time > ${attempt.now}
        and (payment_state is null or payment_state = 'FAILED')
      returning id
    ), noted as (
      insert into event (order_id, kind, data)
      select id, 'payment_started', ${json({ payment_id: paymentId, method: snapshot.method })}::jsonb from begun
    )
    insert into payment_attempt (payment_id, order_id, request_id, request_fingerprint)
    select ${paymentId}, id, ${attempt.requestId || null}::text, ${attempt.requestFingerprint}::bytea from begun`);
  return count === 1;
}
