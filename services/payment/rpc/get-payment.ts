import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { getExisting } from "../card-payment.ts";
import { toPaymentMessage } from "../convert.ts";
import type { PaymentDeps } from "../service.ts";
import { listRefunds } from "../store-refund.ts";

/** Returns one payment with its refunds. */
export function getPayment({ db }: PaymentDeps): MethodImpl<typeof PaymentService.method.getPayment> {
  return async ({ paymentId }) => {
    const payment = await getExisting(db, paymentId);
    return toPaymentMessage(payment, await listRefunds(db, [paymentId]));
  };
}
