/** Money of a paid order that goes back for a part of it. */
import type { CallOptions } from "@connectrpc/connect";
import { errorInfo } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { getExisting } from "./access.ts";
import type { RefundJob } from "./jobs.ts";
import { presentPayment } from "./payments.ts";
import { fail } from "./reasons.ts";
import { refundTooLarge } from "./refund.ts";
import { settlePaid } from "./refunded.ts";
import type { OrderDeps } from "./service.ts";
import { type AskedRefund, completeRefund, findRefund, withdrawRefund } from "./store-refund.ts";

/**
 * Has Payment give a recorded refund's money back, and brings the order in line with its payment. Safe to repeat:
 * Payment knows the refund by its id. One that is refused is forgotten again.
 *
 * @throws REFUND_TOO_LARGE, PAYMENT_DISPUTED, REFUND_REFUSED, and what Payment throws when it cannot be reached.
 */
export async function carryOutRefund(
  deps: OrderDeps,
  refund: AskedRefund,
  call: CallOptions = {},
): Promise<void> {
  const { id: requestId, orderId, reason } = refund;
  const order = await getExisting(deps.db, orderId);
  const { paymentId, currencyCode } = order;
  if (paymentId === null) throw new Error(`order ${orderId} has no payment to refund`);
  const amount = money(currencyCode, BigInt(refund.amount));
  try {
    const payment = await deps.payments.refundPayment({ paymentId, amount, reason, requestId }, call);
    await completeRefund(deps.db, refund);
    await settlePaid(deps, { order, payment });
  } catch (err) {
    const info = errorInfo(err);
    if (info === undefined || !refusals.has(info.reason)) throw err;
    await withdrawRefund(deps.db, refund.id);
    if (info.reason === "REFUND_REFUSED") {
      const provider_message = info.metadata["provider_message"] ?? "";
      throw fail("REFUND_REFUSED", { order_id: orderId, provider_message }, { cause: err });
    }
    if (info.reason === "PAYMENT_DISPUTED") {
      const { payment_id = "", refundable = "0" } = info.metadata;
      const most = { refundable, currency_code: currencyCode };
      throw fail("PAYMENT_DISPUTED", { order_id: orderId, payment_id, ...most }, { cause: err });
    }
    // All of it may have gone back since.
    throw refundTooLarge(order, BigInt(info.metadata["refundable"] ?? "0"));
  }
}

const refusals: ReadonlySet<string> = new Set([
  "REFUND_REFUSED",
  "REFUND_TOO_LARGE",
  "PAYMENT_DISPUTED",
  "PAYMENT_NOT_CAPTURED",
]);

/** Finishes a refund whose call died. One that is refused now is forgotten, as its caller would have been told. */
export async function finishRefund(deps: OrderDeps, { orderId, refundId }: RefundJob): Promise<void> {
  const refund = await findRefund(deps.db, refundId);
  if (refund === undefined) return;
  if (refund.state === "PENDING") {
    await carryOutRefund(deps, refund).catch((err: unknown) => {
      const reason = errorInfo(err)?.reason ?? "";
      if (!refusals.has(reason)) throw err;
      deps.log.warn({ order_id: orderId, refund_id: refundId, reason }, "a refund was refused");
    });
    return;
  }
  // The call may have died before the order followed its payment.
  const order = await getExisting(deps.db, orderId);
  const payment = order.paymentId === null ? undefined : await presentPayment(deps, order.paymentId, {});
  if (payment !== undefined) await settlePaid(deps, { order, payment });
}
