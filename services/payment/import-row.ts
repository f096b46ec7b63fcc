import { isUniqueViolation, type Queryable } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import type { BankTransaction } from "./bank-transaction.ts";
import { type Booked, bookTransfer } from "./book-transfer.ts";
import type { PaymentDeps } from "./service.ts";
import type { StatementEntry } from "./statement.ts";
import { findTransactionByKey, findTransfers, insertTransaction } from "./store-bank.ts";
import { isAccountNumber, isReference, numbersIn } from "./transfer-numbers.ts";

/** What became of a row in which money came. */
export type ImportedRow =
  | (Booked & { transaction: BankTransaction })
  | { result: "UNMATCHED" | "ALREADY_IMPORTED"; transaction: BankTransaction }
  | { result: "INVALID"; problem: string };

/**
 * Books a row, in a transaction of its own: the row goes in first, so of several who import it at once one books it.
 * What has become of one that was there before is told, and nothing changes.
 */
export async function importRow(
  deps: Pick<PaymentDeps, "db" | "jobs">,
  row: { account: string; entry: StatementEntry },
): Promise<ImportedRow> {
  try {
    return await book(deps, { ...row, stray: false });
  } catch (err) {
    if (!isUniqueViolation(err, "payment_live_key")) throw err;
    return book(deps, { ...row, stray: true });
  }
}

async function book(
  deps: Pick<PaymentDeps, "db" | "jobs">,
  { account, entry, stray }: { account: string; entry: StatementEntry; stray: boolean },
): Promise<ImportedRow> {
  return deps.db.transaction(async (tx) => {
    const match = await findPayment(tx, entry);
    const transaction = await insertTransaction(tx, { id: newId("btx"), account, ...entry, ...match });
    if (transaction === undefined) return earlier(tx, { account, entry });
    if (transaction.state !== "ASSIGNED") return { result: "UNMATCHED", transaction };
    return { transaction, ...(await bookTransfer(deps, tx, { transaction, stray })) };
  });
}

/** Whose a row is; or why that cannot be said. */
async function findPayment(
  db: Queryable,
  entry: StatementEntry,
): Promise<Pick<BankTransaction, "state" | "paymentId" | "note">> {
  const numbers = numbersIn(`${entry.reference} ${entry.description}`);
  const found = await findTransfers(db, numbers);
  const [payment, other] = found;
  const unmatched = (note: string) => ({ state: "UNMATCHED", paymentId: null, note }) as const;
  if (payment === undefined) {
    const wrong = numbers.find(isMistyped);
    return unmatched(wrong === undefined ? "it names no payment" : `${wrong} has wrong check digits`);
  }
  if (other !== undefined) return unmatched(`it names ${found.length} payments`);
  if (payment.currencyCode !== entry.currencyCode) {
    return unmatched(`payment ${payment.id} is in ${payment.currencyCode}`);
  }
  return { state: "ASSIGNED", paymentId: payment.id, note: "" };
}

/** Whether a number has the form of a payment's, but not its check digits. */
function isMistyped(number: string): boolean {
  if (/^RF\d\d[0-9A-Z]{10}$/.test(number)) return !isReference(number);
  return /^\d{16}$/.test(number) && !isAccountNumber(number);
}

async function earlier(
  db: Queryable,
  { account, entry }: { account: string; entry: StatementEntry },
): Promise<ImportedRow> {
  const transaction = await findTransactionByKey(db, { account, key: entry.key });
  if (transaction === undefined) throw new Error("a bank transaction is gone");
  const same = transaction.amount === entry.amount && transaction.currencyCode === entry.currencyCode;
  if (same) return { result: "ALREADY_IMPORTED", transaction };
  return {
    result: "INVALID",
    problem: `transaction id: ${entry.transactionId} was imported before with another amount`,
  };
}
