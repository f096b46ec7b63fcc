import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { endTransfer } from "../end-transfer.ts";
import type { PaymentDeps } from "../service.ts";

/** Says that a bank transfer will not come. Safe to retry. */
export function rejectPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.rejectPayment> {
  return ({ paymentId: id, reason }) =>
    endTransfer(deps, {
      id,
      to: "FAILED",
      reached: ["FAILED"],
      declineCode: "rejected",
      declineMessage: reason,
    });
}
