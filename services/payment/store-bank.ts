/** What the bank's statements brought. */
import { type Queryable, sql } from "../../lib/db/index.ts";
import type { BankTransaction, BankTransactionState } from "./bank-transaction.ts";
import { cardMethod, type Payment } from "./payment.ts";
import { paymentColumns } from "./store-payment.ts";

const transactionColumns = sql`
  id, account, key, state, booking_date as date, currency_code as "currencyCode", amount, reference, description,
  transaction_id as "transactionId", payment_id as "paymentId", note, create_time as "createTime"`;

/** Keeps a transaction. Returns nothing when its account has one with its key; waits for one who is just writing it. */
export async function insertTransaction(
  tx: Queryable,
  transaction: Omit<BankTransaction, "createTime">,
): Promise<BankTransaction | undefined> {
  const { id, account, key, state, date, currencyCode, amount, paymentId, note } = transaction;
  const [row] = await tx.query<BankTransaction>(sql`
    insert into bank_transaction (id, account, key, state, booking_date, currency_code, amount, reference,
      description, transaction_id, payment_id, note)
    values (${id}, ${account}, ${key}, ${state}, ${date}::date, ${currencyCode}, ${amount},
      ${transaction.reference}, ${transaction.description}, ${transaction.transactionId}, ${paymentId}, ${note})
    on conflict on constraint bank_transaction_key do nothing
    returning ${transactionColumns}`);
  return row;
}

/** The transaction of an account that has this key. */
export async function findTransactionByKey(
  db: Queryable,
  { account, key }: Pick<BankTransaction, "account" | "key">,
): Promise<BankTransaction | undefined> {
  const [row] = await db.query<BankTransaction>(sql`
    select ${transactionColumns} from bank_transaction where account = ${account} and key = ${key}`);
  return row;
}

/** Locks and reads one transaction. */
export async function lockTransaction(tx: Queryable, id: string): Promise<BankTransaction | undefined> {
  const [row] = await tx.query<BankTransaction>(sql`
    select ${transactionColumns} from bank_transaction where id = ${id} for update`);
  return row;
}

/** Says whose a transaction is, or that it is nobody's. The caller has locked it. */
export async function settleTransaction(
  tx: Queryable,
  change: Pick<BankTransaction, "id" | "state" | "paymentId" | "note">,
): Promise<BankTransaction> {
  const [row] = await tx.query<BankTransaction>(sql`
    update bank_transaction
    set state = ${change.state}, payment_id = ${change.paymentId}, note = ${change.note}
    where id = ${change.id}
    returning ${transactionColumns}`);
  if (row === undefined) throw new Error(`bank transaction ${change.id} is gone`);
  return row;
}

/** One page of transactions below an id, the newest first, with one row more than asked for. */
export async function listTransactions(
  db: Queryable,
  page: {
    below: string | undefined;
    limit: number;
    state: BankTransactionState | undefined;
    paymentId: string;
  },
): Promise<BankTransaction[]> {
  return db.query<BankTransaction>(sql`
    select ${transactionColumns} from bank_transaction
    where (${page.below ?? null}::text is null or id < ${page.below ?? null})
      and (${page.state ?? null}::text is null or state = ${page.state ?? null})
      and (${page.paymentId} = '' or payment_id = ${page.paymentId})
    order by id desc
    limit ${page.limit + 1}`);
}

/** The transfers to the shop's own accounts that have one of these account numbers or references. */
export async function findTransfers(db: Queryable, numbers: readonly string[]): Promise<Payment[]> {
  return db.query<Payment>(sql`
    select ${paymentColumns} from payment
    where provider_id is null and method <> ${cardMethod}
      and (account_number = any(${numbers}::text[]) or reference = any(${numbers}::text[]))`);
}

/**
 * Counts what its bank transactions come to as received by a payment. Money that staff confirmed by hand is not counted
 * again when the statement brings it. The caller has locked the payment.
 */
export async function countReceived(tx: Queryable, paymentId: string): Promise<Payment> {
  const [row] = await tx.query<Payment>(sql`
    update payment set update_time = now(), received = greatest(received,
      (select sum(amount)::bigint from bank_transaction where payment_id = ${paymentId}))
    where id = ${paymentId}
    returning ${paymentColumns}`);
  if (row === undefined) throw new Error(`payment ${paymentId} is gone`);
  return row;
}

/** Blots out what the bank wrote of the transfers that paid these orders. */
export async function eraseTransfers(db: Queryable, orderIds: readonly string[]): Promise<void> {
  await db.execute(sql`
    update bank_transaction set reference = '', description = '', note = ''
    where payment_id in (select id from payment where order_id = any(${orderIds}::text[]))
      and (reference, description, note) <> ('', '', '')`);
}
