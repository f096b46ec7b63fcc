import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
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
    if (payment.state === "CAPTURED") return toPaymentMessage(payment, []);
    if (payment.state !== "AUTHORIZED" || payment.providerId === null) {
      throw fail("PAYMENT_NOT_AUTHORIZED", { payment_id: paymentId, state: payment.state });
    }
    const outcome = await cards.capture({ providerId: payment.providerId, paymentId });
    return toPaymentMessage(await record(db, { id: paymentId, outcome }), []);
  };
}
