/** Transfers that the provider takes. */
import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Payment } from "./payment.ts";
import { paymentColumns } from "./store-payment.ts";

/** Keeps who pays a payment, as the provider knows them, unless another call has. */
export async function setPayer(
  db: Queryable,
  { id, payerId }: { id: string; payerId: string },
): Promise<void> {
  await db.execute(sql`update payment set payer_id = ${payerId} where id = ${id} and payer_id is null`);
}

/** The payment of a payer. */
export async function findPaymentByPayer(db: Queryable, payerId: string): Promise<Payment | undefined> {
  const [row] = await db.query<Payment>(sql`
    select ${paymentColumns} from payment where payer_id = ${payerId}`);
  return row;
}

/** Notes what has come of a transfer; a look from before more came changes nothing. The caller has locked the payment. */
export async function noteReceived(
  tx: Queryable,
  { id, received }: { id: string; received: bigint },
): Promise<void> {
  await tx.execute(sql`
    update payment set received = ${received}, update_time = now() where id = ${id} and received < ${received}`);
}
