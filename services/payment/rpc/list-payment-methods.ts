import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { toMethodMessage } from "../convert-method.ts";
import { customerOf } from "../saved-method.ts";
import type { PaymentDeps } from "../service.ts";
import { listMethods } from "../store-method.ts";

/** Lists the caller's saved payment methods, the newest first. Errors: ACCOUNT_REQUIRED. */
export function listPaymentMethods({
  db,
}: PaymentDeps): MethodImpl<typeof PaymentService.method.listPaymentMethods> {
  return async (_, ctx) => ({
    paymentMethods: (await listMethods(db, customerOf(ctx))).map(toMethodMessage),
  });
}
