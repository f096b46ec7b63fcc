import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { answerWith } from "../answer.ts";
import { getExisting, record } from "../card-payment.ts";
import { toPaymentMessage } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";

/** Takes the authorized money. Safe to retry. */
export function capturePayment({
  db,
  cards,
}: PaymentDeps): MethodImpl<typeof PaymentService.method.capturePayment> {
  return async ({ paymentId }) => {
    const payment = await getExisting(db, paymentId);
    if (payment.state === "CAPTURED") return answerWith(db, payment);
    const { state, providerId } = payment;
    if (state !== "AUTHORIZED" || providerId === null) {
      throw fail("PAYMENT_NOT_AUTHORIZED", { payment_id: paymentId, state });
    }
    const outcome = await cards.capture({ providerId });
    const captured = await record(db, { id: paymentId, outcome });
    // The authorization had lapsed, or was canceled at the same moment.
    if (captured.state !== "CAPTURED") {
      throw fail("PAYMENT_NOT_AUTHORIZED", { payment_id: paymentId, state: captured.state });
    }
    return toPaymentMessage(captured);
  };
}
