import type { MethodImpl } from "@connectrpc/connect";
import { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { endTransfer } from "../end-transfer.ts";
import { rejected } from "../payment.ts";
import type { PaymentDeps } from "../service.ts";

const method = PaymentService.method.rejectPayment;

/** Says that a bank transfer will not come. Safe to retry. */
export function rejectPayment(deps: PaymentDeps): MethodImpl<typeof method> {
  const { db, clock } = deps;
  return (request, ctx) => {
    const { paymentId: id, reason } = request;
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, () =>
      endTransfer(deps, {
        id,
        to: "FAILED",
        from: ["AWAITING_TRANSFER"],
        reached: ["FAILED"],
        declineCode: rejected,
        declineMessage: reason,
      }),
    );
  };
}
