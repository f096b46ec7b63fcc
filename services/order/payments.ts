import type { CallOptions } from "@connectrpc/connect";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
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
 * captured. Safe to repeat. Returns the payment as it then stands.
 */
export async function giveBack(
  { payments }: OrderDeps,
  payment: Payment,
  call: CallOptions,
): Promise<Payment> {
  const { id: paymentId, orderId } = payment;
  switch (payment.state) {
    case Payment_State.UNSPECIFIED:
    case Payment_State.PROCESSING:
    case Payment_State.REQUIRES_ACTION:
    case Payment_State.AWAITING_TRANSFER:
    case Payment_State.AUTHORIZED:
      return payments.cancelPayment({ paymentId }, call);
    case Payment_State.CAPTURED:
      return payments.refundPayment(
        { paymentId, reason: "order canceled", requestId: `${orderId}:undo` },
        call,
      );
    case Payment_State.FAILED:
    case Payment_State.CANCELED:
    case Payment_State.REFUNDED:
      return payment;
  }
}
