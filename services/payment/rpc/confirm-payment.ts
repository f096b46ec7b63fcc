import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { endTransfer } from "../end-transfer.ts";
import type { PaymentDeps } from "../service.ts";

/** Says that a bank transfer has arrived. Safe to retry. */
export function confirmPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.confirmPayment> {
  return ({ paymentId: id }) => endTransfer(deps, { id, to: "CAPTURED", reached: ["CAPTURED", "REFUNDED"] });
}
