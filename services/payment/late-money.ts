import type { Tx } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import { payBack } from "./pay-back.ts";
import { type Payment, refundable, unusedPartOf } from "./payment.ts";
import type { PaymentDeps } from "./service.ts";
import { lockPayment, noteWhole } from "./store-payment.ts";
import { completeRefund, findRefundByRequest, insertRefund, listRefunds } from "./store-refund.ts";

/** The key of the refund that gives stray money back: there is one per payment. */
const requestId = "rowlock:stray-money";

/**
 * Gives back all of a payment that its order has no use for: it has another one. Also of a payment that ended here
 * while its provider, or the bank, took the money. May be repeated; the sweep finishes what a crash leaves.
 *
 * @throws REFUND_REFUSED, PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function returnStrayMoney(
  deps: Pick<PaymentDeps, "db" | "cards" | "clock">,
  paymentId: string,
): Promise<void> {
  const recorded = await deps.db.transaction(async (tx) => {
    await noteWhole(tx, paymentId);
    const payment = await lockPayment(tx, paymentId);
    if (payment === undefined) return undefined;
    const earlier = await findRefundByRequest(tx, { paymentId, requestId });
    if (earlier !== undefined) return { payment, refund: earlier };
    const amount = refundable(payment);
    if (amount === 0n) return undefined;
    const refunds = payment.viaProvider ? await listRefunds(tx, [paymentId]) : [];
    const refund = await insertRefund(tx, {
      id: newId("ref"),
      paymentId,
      requestId,
      requestFingerprint: new Uint8Array(),
      amount,
      ...(payment.viaProvider && {
        fromUnused: unusedPartOf(amount, { captured: payment.amount, refunds }),
      }),
      reason: "the order has another payment",
    });
    return { payment, refund };
  });
  if (recorded?.refund.state === "PENDING") await payBack(deps, recorded);
}

/**
 * Gives back what a transfer to the shop's account has received and its order has no use for: a part, or money for what has ended. The refund
 * is recorded as done, since it has no provider to ask: staff send the money. The caller has locked the payment.
 */
export async function returnReceived(tx: Tx, payment: Payment, reason: string): Promise<void> {
  const amount = refundable(payment);
  if (amount === 0n) return;
  const { id: paymentId } = payment;
  const key = { requestId: null, requestFingerprint: new Uint8Array() };
  const { id } = await insertRefund(tx, { id: newId("ref"), paymentId, ...key, amount, reason });
  await completeRefund(tx, { id, providerId: null });
}
