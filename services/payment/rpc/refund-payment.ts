import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService, RefundPaymentRequest } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import type { Queryable } from "../../../lib/db/index.ts";
import { reasonOf } from "../../../lib/errors/reasons.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { getExisting } from "../card-payment.ts";
import { toPaymentMessage } from "../convert.ts";
import { cardMethod, type Payment } from "../payment.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";
import { lockPayment } from "../store-payment.ts";
import {
  completeRefund,
  failRefund,
  findRefundByRequest,
  insertRefund,
  listRefunds,
} from "../store-refund.ts";

/**
 * Gives captured money back. The refund is recorded and counted before the
 * provider is asked, and the provider knows it by its id, so a retry with the
 * same `request_id` goes on with the same refund.
 */
export function refundPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.refundPayment> {
  const { db } = deps;
  return async (request) => {
    const { paymentId } = request;
    const { payment, refund } = await db.transaction((tx) => recordRefund(tx, request));
    if (refund.state === "PENDING") await payBack(deps, { payment, refund });
    return toPaymentMessage(await getExisting(db, paymentId), await listRefunds(db, [paymentId]));
  };
}

interface RecordedRefund {
  id: string;
  amount: bigint;
  state: "PENDING" | "COMPLETED" | "FAILED";
}

async function recordRefund(
  tx: Queryable,
  request: RefundPaymentRequest,
): Promise<{ payment: Payment; refund: RecordedRefund }> {
  const { paymentId, reason } = request;
  const payment = await lockPayment(tx, paymentId);
  if (payment === undefined) throw fail("PAYMENT_NOT_FOUND", { payment_id: paymentId });
  const requestId = request.requestId || null;
  if (requestId !== null) {
    const earlier = await findRefundByRequest(tx, { paymentId, requestId });
    if (earlier !== undefined) {
      const same = earlier.reason === reason && (request.amount?.amount ?? earlier.amount) === earlier.amount;
      if (!same) throw fail("REQUEST_ID_REUSED", { request_id: requestId });
      return { payment, refund: earlier };
    }
  }
  const amount = refundAmount(payment, request);
  const id = newId("ref");
  await insertRefund(tx, { id, paymentId, requestId, amount, reason });
  return { payment, refund: { id, amount, state: "PENDING" } };
}

function refundAmount(payment: Payment, { amount }: RefundPaymentRequest): bigint {
  const { id, state, currencyCode } = payment;
  if (state !== "CAPTURED" && state !== "REFUNDED") {
    throw fail("PAYMENT_NOT_CAPTURED", { payment_id: id, state });
  }
  if (amount !== undefined && amount.currencyCode !== currencyCode) {
    throw fail("CURRENCY_MISMATCH", { payment_currency: currencyCode, currency_code: amount.currencyCode });
  }
  const refundable = payment.amount - payment.refunded;
  const wanted = amount?.amount ?? refundable;
  if (wanted > refundable || wanted === 0n) {
    throw fail("REFUND_TOO_LARGE", { refundable: String(refundable), currency_code: currencyCode });
  }
  return wanted;
}

async function payBack(
  { db, cards }: PaymentDeps,
  { payment, refund }: { payment: Payment; refund: RecordedRefund },
): Promise<void> {
  let providerId: string | null = null;
  if (payment.method === cardMethod) {
    if (payment.providerId === null) throw new Error(`captured payment ${payment.id} has no provider id`);
    try {
      providerId = await cards.refund({
        refundId: refund.id,
        providerId: payment.providerId,
        amount: refund.amount,
      });
    } catch (err) {
      if (reasonOf(err) === "REFUND_REFUSED") await failRefund(db, refund.id);
      throw err;
    }
  }
  await db.transaction(async (tx) => {
    // The lock makes the last of several refunds see that the others are done.
    await lockPayment(tx, payment.id);
    await completeRefund(tx, { id: refund.id, providerId });
  });
}
