import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { answerWith } from "../answer.ts";
import { authorize, getExisting, record } from "../card-payment.ts";
import { toPaymentMessage } from "../convert.ts";
import { writeEnd } from "../end-transfer.ts";
import type { Payment } from "../payment.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";
import { cancelTransfer } from "../sync-transfer.ts";

/** Gives up an attempt that was not captured. Safe to retry. */
export function cancelPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.cancelPayment> {
  return async ({ paymentId }) => {
    let payment = await getExisting(deps.db, paymentId);
    if (payment.state === "PROCESSING" && payment.providerId === null) {
      // The provider's answer was lost: learn what became of it before giving it up.
      payment = await authorize(deps, payment);
    }
    const canceled = await cancel(deps, payment);
    switch (canceled.state) {
      case "CANCELED":
      case "FAILED":
        return toPaymentMessage(canceled);
      case "REFUNDED":
        // A part had come, and went back.
        if (canceled.received < canceled.amount) return answerWith(deps.db, canceled);
        throw fail("PAYMENT_CAPTURED", { payment_id: paymentId });
      case "CAPTURED":
        throw fail("PAYMENT_CAPTURED", { payment_id: paymentId });
      case "PROCESSING":
      case "REQUIRES_ACTION":
      case "AWAITING_TRANSFER":
      case "AUTHORIZED":
        // The provider could not do it yet: the money is not free.
        throw fail("PROVIDER_UNAVAILABLE", {});
    }
  };
}

async function cancel(deps: PaymentDeps, payment: Payment): Promise<Payment> {
  const { db, cards } = deps;
  const { id, state, providerId } = payment;
  switch (state) {
    case "AWAITING_TRANSFER":
      if (payment.viaProvider) return cancelTransfer(deps, payment);
      return (
        (await db.transaction((tx) => writeEnd(tx, { id, to: "CANCELED", from: [state] }))) ??
        (await getExisting(db, id))
      );
    case "PROCESSING":
    case "REQUIRES_ACTION":
    case "AUTHORIZED":
      return providerId === null ? payment : record(db, { id, outcome: await cards.cancel({ providerId }) });
    case "CAPTURED":
    case "FAILED":
    case "CANCELED":
    case "REFUNDED":
      return payment;
  }
}
