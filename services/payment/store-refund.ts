import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Refund } from "./payment.ts";

const refundColumns = sql`
  id, payment_id as "paymentId", request_id as "requestId",
  request_fingerprint as "requestFingerprint", amount, excess, from_unused as "fromUnused", reason,
  provider_id as "providerId", state, create_time as "createTime"`;

/** The refunds of several payments, the oldest first. Those that failed are left out. */
export async function listRefunds(db: Queryable, paymentIds: string[]): Promise<Refund[]> {
  return db.query<Refund>(sql`
    select ${refundColumns} from refund
    where payment_id = any(${paymentIds}::text[]) and state <> 'FAILED'
    order by id`);
}

/** The refund that was asked for with a key. */
export async function findRefundByRequest(
  tx: Queryable,
  key: { paymentId: string; requestId: string },
): Promise<Refund | undefined> {
  const [row] = await tx.query<Refund>(sql`
    select ${refundColumns} from refund
    where payment_id = ${key.paymentId} and request_id = ${key.requestId}`);
  return row;
}

/**
 * Records a refund before the provider is asked, and counts it against the
 * payment, so that refunds under way can never add up to more than was paid.
 * The caller has locked the payment.
 */
export async function insertRefund(
  tx: Queryable,
  refund: Pick<Refund, "id" | "paymentId" | "requestId" | "requestFingerprint" | "amount" | "reason"> & {
    excess?: boolean;
    fromUnused?: bigint;
  },
): Promise<Refund> {
  const [row] = await tx.query<Refund>(sql`
    with counted as (
      update payment set refunded = refunded + ${refund.amount}, update_time = now()
      where id = ${refund.paymentId}
    )
    insert into refund (id, payment_id, request_id, request_fingerprint, amount, excess, from_unused, reason, state)
    values (${refund.id}, ${refund.paymentId}, ${refund.requestId}, ${refund.requestFingerprint},
      ${refund.amount}, ${refund.excess ?? false}, ${refund.fromUnused ?? 0n}, ${refund.reason}, 'PENDING')
    returning ${refundColumns}`);
  if (row === undefined) throw new Error(`refund ${refund.id} was not written`);
  return row;
}

/** Refunds recorded before a time that the provider has not been seen to do, the oldest first. */
export async function findPendingRefunds(
  db: Queryable,
  { before, limit }: { before: Date; limit: number },
): Promise<Refund[]> {
  return db.query<Refund>(sql`
    select ${refundColumns} from refund
    where state = 'PENDING' and create_time < ${before}
    order by create_time
    limit ${limit}`);
}

/** A refund that the provider has and the shop does not, already done; counted against its payment. */
export async function adoptRefund(
  tx: Queryable,
  refund: Pick<Refund, "id" | "paymentId" | "amount" | "reason" | "providerId">,
): Promise<void> {
  await insertRefund(tx, { ...refund, requestId: null, requestFingerprint: new Uint8Array() });
}

/**
 * Marks a refund as done; the payment is REFUNDED once all of it went back. Returns the payment when this made it
 * so. The caller has locked the payment.
 */
export async function completeRefund(
  db: Queryable,
  { id, providerId }: { id: string; providerId: string | null },
): Promise<{ id: string; orderId: string } | undefined> {
  const [payment] = await db.query<{ id: string; orderId: string; state: string }>(sql`
    with done as (
      update refund set state = 'COMPLETED', provider_id = ${providerId}
      where id = ${id} and state = 'PENDING'
      returning payment_id
    ), noted as (
      insert into outbox (payment_id, kind) select payment_id, 'refunded' from done
    )
    update payment p set
      state = case when p.refunded = p.received and not exists (
        select 1 from refund r where r.payment_id = p.id and r.state = 'PENDING' and r.id <> ${id}
      ) then 'REFUNDED' else p.state end,
      update_time = now()
    from done where p.id = done.payment_id and p.state in ('CAPTURED', 'FAILED', 'CANCELED')
    returning p.id, p.order_id as "orderId", p.state`);
  return payment?.state === "REFUNDED" ? payment : undefined;
}

/**
 * Takes a refund off the payment again that the provider refused, or said to be done and then could not do: the money
 * is here again. Its key is free for another try.
 */
export async function failRefund(db: Queryable, id: string): Promise<void> {
  await db.query(sql`
    with refused as (
      update refund set state = 'FAILED', request_id = null
      where id = ${id} and state <> 'FAILED'
      returning payment_id, amount
    )
    update payment p set refunded = p.refunded - refused.amount, update_time = now(),
      state = case when p.state = 'REFUNDED' then 'CAPTURED' else p.state end
    from refused where p.id = refused.payment_id`);
}
