import { json, type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import type { CardOutcome } from "./card-processor.ts";
import { cardMethod, type Payment, type PaymentState, sourcesOf } from "./payment.ts";
import { keepCard } from "./store-method.ts";
import type { TransferInstructions } from "./transfer-collector.ts";

/** The columns of a {@link Payment}. */
export const paymentColumns = sql`
  id, order_id as "orderId", state, currency_code as "currencyCode", amount, received, refunded, method,
  source, email, provider_id as "providerId", client_secret as "clientSecret",
  redirect_url as "redirectUrl", account_number as "accountNumber", reference, via_provider as "viaProvider",
  payer_id as "payerId", bank_account as "bankAccount", deadline,
  decline_code as "declineCode", decline_message as "declineMessage",
  disputed, customer_id as "customerId", save_method as "saveMethod",
  create_time as "createTime", update_time as "updateTime"`;

/** A payment that does not exist yet. */
export type NewPayment = Pick<
  Payment,
  | "id"
  | "orderId"
  | "state"
  | "currencyCode"
  | "amount"
  | "method"
  | "source"
  | "email"
  | "accountNumber"
  | "reference"
  | "viaProvider"
  | "deadline"
  | "customerId"
  | "saveMethod"
>;

/**
 * Inserts an attempt. Returns nothing when its id exists.
 *
 * Errors: unique violation of payment_live_key when the order has a live one.
 */
export async function insertPayment(db: Queryable, payment: NewPayment): Promise<Payment | undefined> {
  const [row] = await db.query<Payment>(sql`
    insert into payment (id, order_id, state, currency_code, amount, method, source, email,
      account_number, reference, via_provider, deadline, customer_id, save_method)
    values (${payment.id}, ${payment.orderId}, ${payment.state}, ${payment.currencyCode},
      ${payment.amount}, ${payment.method}, ${payment.source}, ${payment.email},
      ${payment.accountNumber}, ${payment.reference}, ${payment.viaProvider}, ${payment.deadline},
      ${payment.customerId}, ${payment.saveMethod})
    on conflict on constraint payment_pkey do nothing
    returning ${paymentColumns}`);
  return row;
}

/** One payment. */
export async function findPayment(db: Queryable, id: string): Promise<Payment | undefined> {
  const [row] = await db.query<Payment>(sql`select ${paymentColumns} from payment where id = ${id}`);
  return row;
}

/** The payment that a provider knows by this id. */
export async function findPaymentByProviderId(
  db: Queryable,
  providerId: string,
): Promise<Payment | undefined> {
  const [row] = await db.query<Payment>(sql`
    select ${paymentColumns} from payment where provider_id = ${providerId}`);
  return row;
}

/** Where the payments stand that a provider knows by these ids, by id. */
export async function findStates(
  db: Queryable,
  providerIds: readonly string[],
): Promise<Map<string, PaymentState>> {
  const rows = await db.query<{ providerId: string; state: PaymentState }>(sql`
    select provider_id as "providerId", state from payment where provider_id = any(${providerIds})`);
  return new Map(rows.map(({ providerId, state }) => [providerId, state]));
}

/**
 * One page of the provider's payments that changed since a time, after an id, the oldest first; with them all transfers
 * that are waited for, which may take days.
 */
export async function listChanged(
  db: Queryable,
  { since, after, limit }: { since: Date; after: string; limit: number },
): Promise<Payment[]> {
  return db.query<Payment>(sql`
    select ${paymentColumns} from payment
    where id > ${after}
      and ((update_time >= ${since} and (method = ${cardMethod} or via_provider))
        or (via_provider and state = 'AWAITING_TRANSFER'))
    order by id
    limit ${limit}`);
}

/** The payments of these orders that hold money. */
export async function listHoldingMoney(
  db: Queryable,
  orderIds: readonly string[],
): Promise<Pick<Payment, "id" | "orderId" | "providerId">[]> {
  return db.query(sql`
    select id, order_id as "orderId", provider_id as "providerId" from payment
    where order_id = any(${orderIds}::text[]) and state = 'CAPTURED' and refunded < received
    order by id`);
}

/** The id of the order's live attempt. */
export async function findLivePaymentId(db: Queryable, orderId: string): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(sql`
    select id from payment
    where order_id = ${orderId}
      and state in ('PROCESSING', 'REQUIRES_ACTION', 'AWAITING_TRANSFER', 'AUTHORIZED', 'CAPTURED')`);
  return row?.id;
}

/** Locks and reads one payment. */
export async function lockPayment(tx: Queryable, id: string): Promise<Payment | undefined> {
  const [row] = await tx.query<Payment>(sql`
    select ${paymentColumns} from payment where id = ${id} for update`);
  return row;
}

/**
 * Writes what the provider said, unless the payment has moved on meanwhile:
 * then nothing is written and nothing returned.
 */
export async function applyOutcome(
  db: Queryable,
  { id, outcome }: { id: string; outcome: CardOutcome },
): Promise<Payment | undefined> {
  const { instructions } = outcome;
  return move(
    db,
    { id, to: outcome.state },
    sql`
      ${instructions === undefined ? sql`` : instructionColumns(instructions)}
      provider_id = coalesce(nullif(${outcome.providerId}, ''), provider_id),
      client_secret = ${outcome.clientSecret}, redirect_url = ${outcome.redirectUrl},
      decline_code = ${outcome.declineCode}, decline_message = ${outcome.declineMessage},`,
    outcome.savedCard && keepCard(outcome.savedCard),
  );
}

function instructionColumns({ account, reference }: TransferInstructions): Sql {
  return sql`account_number = ${account.number}, reference = ${reference}, bank_account = ${json(account)}::jsonb,`;
}

/**
 * Moves a payment to a state; nothing is returned when it is in none that
 * leads there, or in none of `from`.
 */
export async function movePayment(
  db: Queryable,
  change: {
    id: string;
    to: PaymentState;
    from?: readonly PaymentState[];
    declineCode?: string;
    declineMessage?: string;
  },
): Promise<Payment | undefined> {
  return move(
    db,
    change,
    sql`
      decline_code = ${change.declineCode ?? ""}, decline_message = ${change.declineMessage ?? ""},`,
  );
}

async function move(
  db: Queryable,
  { id, to, from = sourcesOf[to] }: { id: string; to: PaymentState; from?: readonly PaymentState[] },
  columns: Sql,
  alongside = sql``,
): Promise<Payment | undefined> {
  const [row] = await db.query<Payment>(sql`
    with moved as (
      update payment set ${columns} state = ${to}, update_time = now(),
        received = case when ${to} = 'CAPTURED' then greatest(received, amount) else received end
      where id = ${id} and state = any(${from}::text[])
      returning ${paymentColumns}
    ), noted as (
      insert into outbox (payment_id, kind)
      select id, lower(${to}) from moved where ${to} in ('CAPTURED', 'FAILED')
    )${alongside}
    select * from moved`);
  return row;
}

/** Notes the provider's id of a payment that ended before it was known. */
export async function setProviderId(
  db: Queryable,
  { id, providerId }: { id: string; providerId: string },
): Promise<void> {
  await db.execute(sql`
    update payment set provider_id = ${providerId}, update_time = now()
    where id = ${id} and provider_id is null`);
}

/** One page of payments below an id, the newest first, with one row more than asked for. */
export async function listPayments(
  db: Queryable,
  page: { below: string | undefined; limit: number; orderId: string; state: PaymentState | undefined },
): Promise<Payment[]> {
  return db.query<Payment>(sql`
    select ${paymentColumns} from payment
    where (${page.below ?? null}::text is null or id < ${page.below ?? null})
      and (${page.orderId} = '' or order_id = ${page.orderId})
      and (${page.state ?? null}::text is null or state = ${page.state ?? null})
    order by id desc
    limit ${page.limit + 1}`);
}

/** Notes that the whole amount of a payment is there, though its state may not say so. */
export async function noteWhole(tx: Queryable, id: string): Promise<void> {
  await tx.execute(sql`
    update payment set received = amount, update_time = now() where id = ${id} and received < amount`);
}

/** Blots out the e-mail address of whoever paid these orders. */
export async function eraseBuyers(db: Queryable, orderIds: readonly string[]): Promise<void> {
  await db.execute(sql`
    update payment set email = '' where order_id = any(${orderIds}::text[]) and email <> ''`);
}
