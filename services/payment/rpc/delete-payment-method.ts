import type { MethodImpl } from "@connectrpc/connect";
import { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { customerOf, forgetMethod } from "../saved-method.ts";
import type { PaymentDeps } from "../service.ts";
import { findDeletedMethod, markDeleted } from "../store-method.ts";

const method = PaymentService.method.deletePaymentMethod;

/**
 * Takes a saved payment method away, then has the provider forget it; the sweep does so when the provider does not
 * answer. Errors: ACCOUNT_REQUIRED, REQUEST_ID_REUSED.
 */
export function deletePaymentMethod(deps: PaymentDeps): MethodImpl<typeof method> {
  const { db, clock, log } = deps;
  return async (request, ctx) => {
    const customerId = customerOf(ctx);
    const { paymentMethodId: id } = request;
    const answer = await db.transaction((tx) =>
      once(tx, keyedCall(method, request, ctx), async () => {
        await markDeleted(tx, { id, customerId, now: clock() });
        return {};
      }),
    );
    const deleted = await findDeletedMethod(db, { id, customerId });
    if (deleted !== undefined) {
      await forgetMethod(deps, deleted).catch((err: unknown) => {
        log.warn({ err, payment_method_id: id }, "payment method not forgotten yet; the sweep tries again");
      });
    }
    return answer;
  };
}
