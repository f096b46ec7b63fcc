import type { MethodImpl } from "@connectrpc/connect";
import {
  type PaymentService,
  type RefundPaymentRequest,
  RefundPaymentRequestSchema,
} from "../../../gen/rowlock/payment/v1/payment_pb.js";
import type { Queryable } from "../../../lib/db/index.ts";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { callerOf } from "../../../lib/rpc/index.ts";
import { answerWith } from "../answer.ts";
import { getExisting } from "../card-payment.ts";
import { withdrawnOf } from "../dispute.ts";
import { changeAndTell } from "../order-link.ts";
import { payBack } from "../pay-back.ts";
import { excessOf, type Payment, type Refund, refundable, unusedPartOf } from "../payment.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";
import { listDisputesOf } from "../store-dispute.ts";
import { lockPayment } from "../store-payment.ts";
import { findRefundByRequest, insertRefund, listRefunds } from "../store-refund.ts";

/**
 * Gives captured money back. The refund is recorded and counted before the
 * provider is asked, and the provider knows it by its id, so a retry with the
 * same `request_id`, or the sweep, goes on with the same refund.
 */
export function refundPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.refundPayment> {
  const { db } = deps;
  return async (request, ctx) => {
    const recorded = await db.transaction((tx) => recordRefund(tx, request));
    // Order knows what it asks for; what staff give back it has to be told.
    const byOrder = callerOf(ctx).kind === "service";
    if (recorded.refund.state === "PENDING") {
      await (byOrder
        ? payBack(deps, recorded)
        : payBack(deps, recorded, (work) => changeAndTell(deps, work)));
    }
    return answerWith(db, await getExisting(db, request.paymentId));
  };
}

async function recordRefund(
  tx: Queryable,
  request: RefundPaymentRequest,
): Promise<{ payment: Payment; refund: Refund }> {
  const { paymentId, reason } = request;
  const payment = await lockPayment(tx, paymentId);
  if (payment === undefined) throw fail("PAYMENT_NOT_FOUND", { payment_id: paymentId });
  const requestId = request.requestId || null;
  const requestFingerprint = fingerprintOf(RefundPaymentRequestSchema, request);
  if (requestId !== null) {
    const earlier = await findRefundByRequest(tx, { paymentId, requestId });
    if (earlier !== undefined) {
      const same = Buffer.compare(earlier.requestFingerprint, requestFingerprint) === 0;
      if (!same) throw fail("REQUEST_ID_REUSED", { request_id: requestId });
      return { payment, refund: earlier };
    }
  }
  const { excess } = request;
  const refunds = excess || payment.viaProvider ? await listRefunds(tx, [paymentId]) : [];
  const tooMuch = excess ? excessOf(payment, refunds) : undefined;
  const withdrawn = payment.disputed ? withdrawnOf(payment, await listDisputesOf(tx, [paymentId])) : 0n;
  const atMost = tooMuch ?? refundable(payment);
  const amount = refundAmount(payment, { amount: request.amount, atMost, withdrawn });
  const id = newId("ref");
  const key = { requestId, requestFingerprint };
  const unused = excess ? amount : unusedPartOf(amount, { captured: payment.amount, refunds });
  const fromUnused = payment.viaProvider ? unused : 0n;
  const refund = await insertRefund(tx, { id, paymentId, ...key, amount, excess, fromUnused, reason });
  return { payment, refund };
}

function refundAmount(
  payment: Payment,
  {
    amount,
    atMost,
    withdrawn,
  }: { amount: RefundPaymentRequest["amount"]; atMost: bigint; withdrawn: bigint },
): bigint {
  const { id, state, currencyCode } = payment;
  if (state !== "CAPTURED" && state !== "REFUNDED") {
    throw fail("PAYMENT_NOT_CAPTURED", { payment_id: id, state });
  }
  if (amount !== undefined && amount.currencyCode !== currencyCode) {
    throw fail("CURRENCY_MISMATCH", { payment_currency: currencyCode, currency_code: amount.currencyCode });
  }
  const left = atMost > withdrawn ? atMost - withdrawn : 0n;
  const wanted = amount?.amount ?? left;
  if (wanted <= left && wanted > 0n) return wanted;
  const most = { refundable: String(left), currency_code: currencyCode };
  throw wanted <= atMost && withdrawn > 0n
    ? fail("PAYMENT_DISPUTED", { payment_id: id, ...most })
    : fail("REFUND_TOO_LARGE", most);
}
