import type { Payment as PaymentMessage } from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { Queryable } from "../../lib/db/index.ts";
import { type PaymentParts, toPaymentMessage } from "./convert.ts";
import type { Payment } from "./payment.ts";
import { listDisputesOf } from "./store-dispute.ts";
import { listRefunds } from "./store-refund.ts";

/** A payment as a message, with its parts. */
export async function answerWith(db: Queryable, payment: Payment): Promise<PaymentMessage> {
  return toPaymentMessage(payment, await partsOf(db, [payment]));
}

/** What belongs to payments; it is read only when there is some. */
export async function partsOf(db: Queryable, payments: readonly Payment[]): Promise<PaymentParts> {
  const ids = (of: readonly Payment[]) => [...new Set(of.map(({ id }) => id))];
  const refunded = ids(payments.filter((payment) => payment.refunded > 0n));
  const disputed = ids(payments.filter((payment) => payment.disputed));
  return {
    refunds: refunded.length === 0 ? [] : await listRefunds(db, refunded),
    disputes: disputed.length === 0 ? [] : await listDisputesOf(db, disputed),
  };
}
