import { newId } from "../../lib/ids/ids.ts";
import { payBack } from "./pay-back.ts";
import type { PaymentDeps } from "./service.ts";
import { lockPayment } from "./store-payment.ts";
import { findRefundByRequest, insertRefund } from "./store-refund.ts";

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
    const payment = await lockPayment(tx, paymentId);
    if (payment === undefined) return undefined;
    const earlier = await findRefundByRequest(tx, { paymentId, requestId });
    if (earlier !== undefined) return { payment, refund: earlier };
    const amount = payment.amount - payment.refunded;
    if (amount === 0n) return undefined;
    const refund = await insertRefund(tx, {
      id: newId("ref"),
      paymentId,
      requestId,
      requestFingerprint: new Uint8Array(),
      amount,
      reason: "the order has another payment",
    });
    return { payment, refund };
  });
  if (recorded?.refund.state === "PENDING") await payBack(deps, recorded);
}
