import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { Order } from "./order.ts";
import { fail } from "./reasons.ts";

/** Payment's decline code of a method that its provider does not know or accept. */
export const invalidMethod = "invalid_payment_method";

/** Whether a failed payment never got as far as to wait for the buyer. */
export function neverBegan({ declineCode }: Pick<Payment, "declineCode">): boolean {
  return declineCode === invalidMethod || declineCode === "not_started";
}

/**
 * The order, unless its payment failed.
 *
 * @throws PAYMENT_DECLINED, PAYMENT_METHOD_INVALID.
 */
export function unlessFailed(order: Order, payment: Payment): Order {
  if (payment.state !== Payment_State.FAILED) return order;
  const { id, declineCode, declineMessage } = payment;
  if (declineCode === invalidMethod) {
    throw fail("PAYMENT_METHOD_INVALID", { provider_message: declineMessage });
  }
  throw fail("PAYMENT_DECLINED", {
    decline_message: declineMessage,
    decline_code: declineCode,
    payment_id: id,
  });
}
