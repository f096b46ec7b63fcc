import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Erasure } from "./profile.ts";

const columns = sql`
  customer_id as "customerId", request_time as "requestTime", complete_time as "completeTime"`;

/** How far the erasure of a customer is; undefined when nobody asked for it. */
export async function findErasure(db: Queryable, customerId: string): Promise<Erasure | undefined> {
  const [row] = await db.query<Erasure>(sql`
    select ${columns} from erasure where customer_id = ${customerId}`);
  return row;
}

/** Notes that a customer is to be erased, or returns how far it is. From here on nothing is recorded of the customer. */
export async function beginErasure(
  tx: Queryable,
  { customerId, now }: { customerId: string; now: Date },
): Promise<Erasure> {
  const [row] = await tx.query<Erasure>(sql`
    insert into erasure (customer_id, request_time) values (${customerId}, ${now})
    on conflict on constraint erasure_pkey do update set request_time = erasure.request_time
    returning ${columns}`);
  if (row === undefined) throw new Error("an upsert without a row");
  return row;
}

/** Deletes all that is stored of a customer here, the answers that repeated calls would get included. */
export async function deleteCustomer(tx: Queryable, customerId: string): Promise<void> {
  await tx.execute(sql`delete from profile where id = ${customerId}`);
  await tx.execute(sql`delete from idempotency where caller = ${`customer:${customerId}`}`);
}

/** Notes that a customer was erased; false when that was noted before. */
export async function completeErasure(
  tx: Queryable,
  { customerId, now }: { customerId: string; now: Date },
): Promise<boolean> {
  const count = await tx.execute(sql`
    update erasure set complete_time = ${now} where customer_id = ${customerId} and complete_time is null`);
  return count === 1;
}
