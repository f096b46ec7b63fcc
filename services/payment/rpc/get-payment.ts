import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { answerWith } from "../answer.ts";
import { getExisting } from "../card-payment.ts";
import type { PaymentDeps } from "../service.ts";

/** Returns one payment with its refunds. */
export function getPayment({ db }: PaymentDeps): MethodImpl<typeof PaymentService.method.getPayment> {
  return async ({ paymentId }) => answerWith(db, await getExisting(db, paymentId));
}
