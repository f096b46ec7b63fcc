import { json, type Queryable, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { OrderRefund } from "./order.ts";

/** A refund as it was asked for. */
export interface AskedRefund extends Omit<OrderRefund, "createTime"> {
  orderId: string;
  requestId: string | null;
  requestFingerprint: Uint8Array;
}

const refundColumns = sql`
  id, order_id as "orderId", items, shipping, amount::float8 as amount, reason, state,
  request_id as "requestId", request_fingerprint as "requestFingerprint"`;

/** Locks an order, so that of several refunds each sees those before it; false when there is none. */
export async function lockOrder(tx: Queryable, orderId: string): Promise<boolean> {
  const rows = await tx.query(sql`select id from orders where id = ${orderId} for update`);
  return rows.length > 0;
}

/** One refund. */
export async function findRefund(db: Queryable, id: string): Promise<AskedRefund | undefined> {
  const [row] = await db.query<AskedRefund>(sql`select ${refundColumns} from refund where id = ${id}`);
  return row;
}

/** The refund of an order that was asked for with a key. */
export async function findRefundByRequest(
  tx: Queryable,
  key: { orderId: string; requestId: string },
): Promise<AskedRefund | undefined> {
  const [row] = await tx.query<AskedRefund>(sql`
    select ${refundColumns} from refund where order_id = ${key.orderId} and request_id = ${key.requestId}`);
  return row;
}

/** Records a refund before the money goes back. The caller has locked the order. */
export async function insertRefund(tx: Queryable, refund: AskedRefund): Promise<void> {
  await tx.execute(sql`
    insert into refund (id, order_id, items, shipping, amount, reason, state, request_id, request_fingerprint)
    values (${refund.id}, ${refund.orderId}, ${json(refund.items)}::jsonb, ${refund.shipping},
      ${BigInt(refund.amount)}, ${refund.reason}, ${refund.state}, ${refund.requestId}, ${refund.requestFingerprint})`);
  changed(tx, [refund.orderId]);
}

/** PENDING → DONE: the money is on its way back. */
export async function completeRefund(db: Queryable, { id, orderId }: AskedRefund): Promise<void> {
  await db.execute(sql`
    with done as (
      update refund set state = 'DONE' where id = ${id} and state = 'PENDING' returning order_id
    )
    update orders set update_time = now() where id in (select order_id from done)`);
  changed(db, [orderId]);
}

/** Forgets a refund that was refused; its key is free for another try. */
export async function withdrawRefund(db: Queryable, id: string): Promise<void> {
  await db.execute(sql`delete from refund where id = ${id} and state = 'PENDING'`);
}
