import type { MethodImpl } from "@connectrpc/connect";
import { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toBankTransactionMessage } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";
import { lockTransaction, settleTransaction } from "../store-bank.ts";

const method = PaymentService.method.dismissBankTransaction;

/** Says that a transaction is none of the shop's orders'. Safe to retry. */
export function dismissBankTransaction({ db }: PaymentDeps): MethodImpl<typeof method> {
  return (request, ctx) =>
    db.transaction((tx) => {
      const { bankTransactionId: id, reason: note } = request;
      return once(tx, keyedCall(method, request, ctx), async () => {
        const found = await lockTransaction(tx, id);
        if (found === undefined) throw fail("BANK_TRANSACTION_NOT_FOUND", { bank_transaction_id: id });
        if (found.paymentId !== null) {
          throw fail("BANK_TRANSACTION_ASSIGNED", { bank_transaction_id: id, payment_id: found.paymentId });
        }
        if (found.state === "DISMISSED") return toBankTransactionMessage(found);
        const change = { id, state: "DISMISSED", paymentId: null, note } as const;
        return toBankTransactionMessage(await settleTransaction(tx, change));
      });
    });
}
