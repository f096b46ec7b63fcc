import type { Payment, StatementRow } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { StatementRow_Result } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { as } from "../../../lib/rpc/testing/interceptors.ts";
import type { TestPayments } from "./shop.ts";

/** A row of a statement; what is left out is 10.00 USD of today, without an id. */
export interface Row {
  amount?: string;
  currency?: string;
  reference?: string;
  description?: string;
  id?: string;
}

/** A statement of these rows. */
function statementOf(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ amount = "10.00", currency = "USD", reference = "", description = "", id = "" }) =>
      ["2026-11-21", amount, currency, reference, description, id].join(","),
  );
  return ["date,amount,currency,reference,description,transaction id", ...lines].join("\n");
}

/** Imports rows as staff do. */
export async function importRows(
  shop: TestPayments,
  rows: readonly Row[],
  more: { requestId?: string; account?: string } = {},
): Promise<StatementRow[]> {
  const data = Buffer.from(statementOf(rows));
  const content = { contentType: "text/csv", data };
  const answer = await shop.client.importBankStatement({ content, ...more }, as.staff);
  return answer.rows;
}

/** What became of rows, by name. */
export function resultsOf(rows: readonly StatementRow[]): string[] {
  return rows.map(({ result }) => StatementRow_Result[result]);
}

/** What a payment says of its money. */
export function moneyOf({ amount, received, missing, excess, refunded }: Payment): Record<string, bigint> {
  const of = { amount, received, missing, excess, refunded };
  return Object.fromEntries(Object.entries(of).map(([name, each]) => [name, each?.amount ?? -1n]));
}
