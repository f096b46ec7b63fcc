/** Payment methods that customers have saved, and the customers as the provider knows them. */
import { type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import type { CardDetails, SavedMethod } from "./saved-method.ts";

/** The most that one customer is shown. */
const shownMethods = 100;

const methodColumns = sql`
  id, customer_id as "customerId", provider_id as "providerId", brand, last4, expiry_month as "expiryMonth",
  expiry_year as "expiryYear", create_time as "createTime"`;

/** The provider's id of a customer. */
export async function findProviderCustomer(db: Queryable, customerId: string): Promise<string | undefined> {
  const [row] = await db.query<{ providerId: string }>(sql`
    select provider_id as "providerId" from provider_customer where customer_id = ${customerId}`);
  return row?.providerId;
}

/** Keeps the provider's id of a customer, unless another call has kept one. */
export async function insertProviderCustomer(
  db: Queryable,
  { customerId, providerId }: { customerId: string; providerId: string },
): Promise<void> {
  await db.execute(sql`
    insert into provider_customer (customer_id, provider_id) values (${customerId}, ${providerId})
    on conflict do nothing`);
}

/**
 * A part of the statement that moves a payment: keeps the card that it saved, unless its customer was forgotten
 * meanwhile. `moved` is the payment.
 */
export function keepCard(card: CardDetails): Sql {
  return sql`, kept as (
      insert into payment_method (id, customer_id, provider_id, brand, last4, expiry_month, expiry_year)
      select ${newId("pmt")}, c.customer_id, ${card.providerId}, ${card.brand}, ${card.last4},
        ${card.expiryMonth}, ${card.expiryYear}
      from moved join provider_customer c on c.customer_id = moved."customerId"
      where moved."saveMethod"
      on conflict on constraint payment_method_provider_id_key do nothing
    )`;
}

/** A customer's methods, the newest first. */
export async function listMethods(db: Queryable, customerId: string): Promise<SavedMethod[]> {
  return db.query<SavedMethod>(sql`
    select ${methodColumns} from payment_method
    where customer_id = ${customerId} and delete_time is null
    order by id desc
    limit ${shownMethods}`);
}

/** A customer's own method, as long as it is not deleted. */
export async function findMethod(
  db: Queryable,
  { id, customerId }: { id: string; customerId: string },
): Promise<SavedMethod | undefined> {
  const [row] = await db.query<SavedMethod>(sql`
    select ${methodColumns} from payment_method
    where id = ${id} and customer_id = ${customerId} and delete_time is null`);
  return row;
}

/** Takes a customer's own method away; the provider is to be told. */
export async function markDeleted(
  tx: Queryable,
  { id, customerId, now }: { id: string; customerId: string; now: Date },
): Promise<void> {
  await tx.execute(sql`
    update payment_method set delete_time = ${now}
    where id = ${id} and customer_id = ${customerId} and delete_time is null`);
}

/** Methods deleted before a time that the provider still has, the oldest first. */
export async function findDeleted(
  db: Queryable,
  { before, limit }: { before: Date; limit: number },
): Promise<Pick<SavedMethod, "id" | "providerId">[]> {
  return db.query(sql`
    select id, provider_id as "providerId" from payment_method
    where delete_time <= ${before} order by delete_time limit ${limit}`);
}

/** A customer's own deleted method that the provider still has. */
export async function findDeletedMethod(
  db: Queryable,
  { id, customerId }: { id: string; customerId: string },
): Promise<Pick<SavedMethod, "id" | "providerId"> | undefined> {
  const [row] = await db.query<Pick<SavedMethod, "id" | "providerId">>(sql`
    select id, provider_id as "providerId" from payment_method
    where id = ${id} and customer_id = ${customerId} and delete_time is not null`);
  return row;
}

/** Removes a deleted method that the provider has forgotten. */
export async function removeMethod(db: Queryable, id: string): Promise<void> {
  await db.execute(sql`delete from payment_method where id = ${id} and delete_time is not null`);
}

/** Forgets a customer: the saved methods, who paid, and what repeated calls would be answered. */
export async function removeCustomer(tx: Queryable, customerId: string): Promise<void> {
  await tx.execute(sql`delete from provider_customer where customer_id = ${customerId}`);
  await tx.execute(sql`
    update payment set customer_id = '', save_method = false
    where customer_id = ${customerId} and customer_id <> ''`);
  await tx.execute(sql`delete from idempotency where caller = ${`customer:${customerId}`}`);
}
