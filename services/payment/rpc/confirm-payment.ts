import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { getExisting } from "../card-payment.ts";
import { toPaymentMessage } from "../convert.ts";
import { changeAndTell } from "../order-link.ts";
import { cardMethod } from "../payment.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";
import { movePayment } from "../store-payment.ts";

/** Says that a bank transfer has arrived. Safe to retry. */
export function confirmPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.confirmPayment> {
  return async ({ paymentId: id }) => {
    const { state, method } = await getExisting(deps.db, id);
    if (method === cardMethod) throw fail("PAYMENT_NOT_AWAITING_TRANSFER", { payment_id: id, state });
    const confirmed = await changeAndTell(deps, (tx) => movePayment(tx, { id, to: "CAPTURED" }));
    if (confirmed !== undefined) return toPaymentMessage(confirmed, []);
    const payment = await getExisting(deps.db, id);
    if (payment.state === "CAPTURED") return toPaymentMessage(payment, []);
    throw fail("PAYMENT_NOT_AWAITING_TRANSFER", { payment_id: id, state: payment.state });
  };
}
