import type { MethodImpl } from "@connectrpc/connect";
import { BankTransaction_State, type PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import type { BankTransactionState } from "../bank-transaction.ts";
import { toBankTransactionMessage } from "../convert.ts";
import type { PaymentDeps } from "../service.ts";
import { listTransactions } from "../store-bank.ts";

/** Lists what bank statements brought, the newest first. */
export function listBankTransactions({
  db,
}: PaymentDeps): MethodImpl<typeof PaymentService.method.listBankTransactions> {
  return async (request) => {
    const { paymentId } = request;
    const state =
      request.state === BankTransaction_State.UNSPECIFIED
        ? undefined
        : (BankTransaction_State[request.state] as BankTransactionState);
    const filter = ["bankTransactions", paymentId, state];
    const [below] = decodePageToken({ token: request.pageToken, filter, like: ["text"] }) ?? [];
    const pageSize = pageSizeOf(request.pageSize);
    const rows = await listTransactions(db, { below, limit: pageSize, state, paymentId });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: (row) => [row.id] });
    return { bankTransactions: page.map(toBankTransactionMessage), nextPageToken };
  };
}
