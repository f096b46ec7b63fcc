import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { answerWith } from "../answer.ts";
import { authorize, getExisting, record } from "../card-payment.ts";
import { isOwnTransfer, type Payment } from "../payment.ts";
import type { PaymentDeps } from "../service.ts";
import { lookAtTransfer } from "../sync-transfer.ts";

/** Returns a payment after asking the provider for its present state. */
export function refreshPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.refreshPayment> {
  return async ({ paymentId }) =>
    answerWith(deps.db, await refresh(deps, await getExisting(deps.db, paymentId)));
}

async function refresh(deps: PaymentDeps, payment: Payment): Promise<Payment> {
  const open =
    payment.state === "PROCESSING" ||
    payment.state === "REQUIRES_ACTION" ||
    payment.state === "AWAITING_TRANSFER" ||
    payment.state === "AUTHORIZED";
  if (isOwnTransfer(payment) || !open) return payment;
  // Without the provider's id the answer to our first call was lost. Asking
  // again under the same key returns that answer and charges nothing twice.
  if (payment.providerId === null) return authorize(deps, payment);
  if (payment.viaProvider) return lookAtTransfer(deps, payment);
  return record(deps.db, { id: payment.id, outcome: await deps.cards.retrieve(payment.providerId) });
}
