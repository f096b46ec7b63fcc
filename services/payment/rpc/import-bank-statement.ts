import type { MessageInitShape } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import {
  PaymentService,
  StatementRow_Result as Result,
  type StatementRowSchema,
} from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { money } from "../../../lib/money/money.ts";
import { toBankTransactionMessage } from "../convert.ts";
import { type ImportedRow, importRow } from "../import-row.ts";
import { tellAtOnce } from "../order-link.ts";
import type { Changed } from "../pay-back.ts";
import type { PaymentDeps } from "../service.ts";
import { readStatement, type StatementRow } from "../statement.ts";

const method = PaymentService.method.importBankStatement;

/** How many orders are told at a time. */
const tellers = 4;

/**
 * Books a bank statement, row by row. Safe to repeat, and to break off: what is booked stays so, and is found again.
 * Orders are told once all rows are booked, so that they keep no row waiting.
 */
export function importBankStatement(deps: PaymentDeps): MethodImpl<typeof method> {
  const { db, clock } = deps;
  return (request, ctx) => {
    const { signal } = ctx;
    const { account } = request;
    const read = readStatement(request.content?.data ?? new Uint8Array(), request);
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async () => {
      const rows: MessageInitShape<typeof StatementRowSchema>[] = [];
      const news = new Map<string, Changed>();
      for (const row of read) {
        signal.throwIfAborted();
        rows.push({ line: row.line, ...(await book(deps, { row, account, news })) });
      }
      await tellAll(deps, [...news.values()]);
      return { rows };
    });
  };
}

async function book(
  deps: PaymentDeps,
  { row, account, news }: { row: StatementRow; account: string; news: Map<string, Changed> },
): Promise<MessageInitShape<typeof StatementRowSchema>> {
  switch (row.kind) {
    case "INVALID":
      return { result: Result.INVALID, problem: row.problem };
    case "IGNORED":
      return { result: Result.IGNORED };
    case "ENTRY": {
      const imported = await importRow(deps, { account, entry: row.entry });
      if ("payment" in imported && imported.news) news.set(imported.payment.id, imported.payment);
      return toStatementRow(imported);
    }
  }
}

function toStatementRow(imported: ImportedRow): MessageInitShape<typeof StatementRowSchema> {
  const result = Result[imported.result];
  if (imported.result === "INVALID") return { result, problem: imported.problem };
  const { transaction } = imported;
  return {
    result,
    transaction: toBankTransactionMessage(transaction),
    ...(imported.result === "UNMATCHED" && { problem: transaction.note }),
    ...("payment" in imported && {
      received: money(imported.payment.currencyCode, imported.payment.received),
    }),
  };
}

async function tellAll(deps: PaymentDeps, news: Changed[]): Promise<void> {
  const teller = async () => {
    for (let payment = news.shift(); payment !== undefined; payment = news.shift()) {
      await tellAtOnce(deps, payment);
    }
  };
  await Promise.all(Array.from({ length: tellers }, teller));
}
