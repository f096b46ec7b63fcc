import { type Queryable, sql } from "../../lib/db/index.ts";

/** The customer of a session that has not ended. */
export async function findSessionCustomer(
  db: Queryable,
  { token, now }: { token: string; now: Date },
): Promise<string | undefined> {
  const [row] = await db.query<{ customerId: string }>(sql`
    select customer_id as "customerId" from session where token = ${token} and expire_time > ${now}`);
  return row?.customerId;
}

/** Deletes a customer with all that is known of the account: ways to sign in, sessions, links that were mailed. */
export async function deleteCustomer(db: Queryable, id: string): Promise<void> {
  await db.execute(sql`
    with links as (delete from verification where value = ${id})
    delete from customer where id = ${id}`);
}

/** Deletes sessions and verifications that have ended, and returns how many. */
export async function deleteEnded(
  db: Queryable,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  const sessions = await db.execute(sql`
    delete from session where id in (
      select id from session where expire_time <= ${now} order by expire_time limit ${limit} for update skip locked
    )`);
  const verifications = await db.execute(sql`
    delete from verification where id in (
      select id from verification where expire_time <= ${now} order by expire_time limit ${limit} for update skip locked
    )`);
  return sessions + verifications;
}
