import { type Queryable, sql } from "../../lib/db/index.ts";

/** A guest whose carts and orders are to go to a customer. */
export interface Adoption {
  customerId: string;
  /** The hex SHA-256 digest of the guest's token. */
  guestId: string;
}

/** Notes what is to be adopted; it is due at `nextTime` unless it is done by then. */
export async function insertAdoptions(
  db: Queryable,
  { customerId, guestIds, nextTime }: { customerId: string; guestIds: readonly string[]; nextTime: Date },
): Promise<void> {
  await db.execute(sql`
    insert into adoption (customer_id, guest_id, next_time)
    select ${customerId}, guest_id, ${nextTime}::timestamptz from unnest(${[...guestIds]}::text[]) as guest_id
    on conflict on constraint adoption_pkey do update set next_time = excluded.next_time, attempts = 0`);
}

/** Takes adoptions that are due, each of which is due again after a pause that doubles, from 5 seconds to an hour. */
export async function claimAdoptions(
  db: Queryable,
  { now, limit }: { now: Date; limit: number },
): Promise<Adoption[]> {
  return db.query<Adoption>(sql`
    update adoption
    set attempts = attempts + 1,
      next_time = ${now}::timestamptz + least(interval '1 hour', interval '5 seconds' * 2 ^ least(attempts, 10))
    where (customer_id, guest_id) in (
      select customer_id, guest_id from adoption where next_time <= ${now}
      order by next_time limit ${limit} for update skip locked
    )
    returning customer_id as "customerId", guest_id as "guestId"`);
}

/** Forgets an adoption that is done. */
export async function deleteAdoption(db: Queryable, { customerId, guestId }: Adoption): Promise<void> {
  await db.execute(sql`delete from adoption where customer_id = ${customerId} and guest_id = ${guestId}`);
}
