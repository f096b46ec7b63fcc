import type { MethodImpl } from "@connectrpc/connect";
import { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { endTransfer } from "../end-transfer.ts";
import type { PaymentDeps } from "../service.ts";

const method = PaymentService.method.confirmPayment;

/**
 * Says that a bank transfer has arrived, also one that came after its order was given up: the money is there, and
 * Order decides what becomes of it. Safe to retry.
 */
export function confirmPayment(deps: PaymentDeps): MethodImpl<typeof method> {
  const { db, clock } = deps;
  return (request, ctx) => {
    const { paymentId: id } = request;
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, () =>
      endTransfer(deps, {
        id,
        to: "CAPTURED",
        from: ["AWAITING_TRANSFER", "CANCELED", "FAILED"],
        reached: ["CAPTURED", "REFUNDED"],
      }),
    );
  };
}
