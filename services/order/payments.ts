import type { CallOptions } from "@connectrpc/connect";
import { Dispute_Status, type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import type { OrderDeps } from "./service.ts";

/** The method of a card payment, as Payment names it. */
export const cardMethod = "card";

/** The decline code of a transfer that staff say will not come, as Payment names it. */
export const rejected = "rejected";

/** A payment as its provider sees it now; undefined when the call that should have started it died before. */
export async function presentPayment(
  { payments }: OrderDeps,
  paymentId: string,
  call: CallOptions,
): Promise<Payment | undefined> {
  try {
    return await payments.refreshPayment({ paymentId }, call);
  } catch (err) {
    if (reasonOf(err) === "PAYMENT_NOT_FOUND") return undefined;
    throw err;
  }
}

/** Takes the authorized money; nothing when the provider no longer has it for us. */
export async function capture(
  { payments }: OrderDeps,
  { id }: Payment,
  call: CallOptions,
): Promise<Payment | undefined> {
  try {
    return await payments.capturePayment({ paymentId: id }, call);
  } catch (err) {
    if (reasonOf(err) === "PAYMENT_NOT_AUTHORIZED") return undefined;
    throw err;
  }
}

/**
 * Money that its order no longer wants: freed if authorized, refunded if
 * captured, except for what the bank has taken for a dispute. Safe to repeat,
 * also when a dispute was won since: then that goes back, too. Returns the
 * payment as it then stands.
 */
export async function giveBack(deps: OrderDeps, payment: Payment, call: CallOptions): Promise<Payment> {
  const { payments } = deps;
  const { id: paymentId } = payment;
  switch (payment.state) {
    case Payment_State.UNSPECIFIED:
    case Payment_State.PROCESSING:
    case Payment_State.REQUIRES_ACTION:
    case Payment_State.AWAITING_TRANSFER:
    case Payment_State.AUTHORIZED:
      return payments.cancelPayment({ paymentId }, call);
    case Payment_State.CAPTURED:
      return refundAll(deps, payment, call);
    case Payment_State.FAILED:
    case Payment_State.CANCELED:
    case Payment_State.REFUNDED:
      return payment;
  }
}

async function refundAll(
  { payments }: OrderDeps,
  { id: paymentId, orderId, disputes }: Payment,
  call: CallOptions,
): Promise<Payment> {
  // Each dispute that is won brings money back, which is another refund than those before.
  const won = disputes.filter(({ status }) => status === Dispute_Status.WON).length;
  const requestId = `${orderId}:undo${won === 0 ? "" : `:${won}`}`;
  try {
    return await payments.refundPayment({ paymentId, reason: "order canceled", requestId }, call);
  } catch (err) {
    const reason = reasonOf(err);
    const nothingLeft = reason === "PAYMENT_DISPUTED" || reason === "REFUND_TOO_LARGE";
    if (disputes.length === 0 || !nothingLeft) throw err;
    return payments.getPayment({ paymentId }, call);
  }
}

/** Whether a bank still has to decide about money that it has taken for a dispute. */
export function isInDispute({ disputes }: Payment): boolean {
  return disputes.some(({ status, withdrawn }) => status !== Dispute_Status.LOST && amountOf(withdrawn) > 0n);
}

/** Whether all of a payment's money is gone, and the bank has given some of it to the buyer. */
export function isLost({ state, received, refunded, disputes }: Payment): boolean {
  if (state !== Payment_State.CAPTURED) return false;
  const lost = disputes.filter(({ status }) => status === Dispute_Status.LOST);
  const taken = lost.reduce((sum, { withdrawn }) => sum + amountOf(withdrawn), 0n);
  return taken > 0n && taken + amountOf(refunded) >= amountOf(received);
}

function amountOf(money: { amount: bigint } | undefined): bigint {
  return money?.amount ?? 0n;
}
