import type { Payment as PaymentMessage } from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { Queryable } from "../../lib/db/index.ts";
import { toPaymentMessage } from "./convert.ts";
import type { Payment } from "./payment.ts";
import { listRefunds } from "./store-refund.ts";

/** A payment as a message, with its refunds; they are read only when there are some. */
export async function answerWith(db: Queryable, payment: Payment): Promise<PaymentMessage> {
  return toPaymentMessage(payment, payment.refunded > 0n ? await listRefunds(db, [payment.id]) : []);
}
