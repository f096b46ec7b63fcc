import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { forgetCustomer } from "../saved-method.ts";
import type { PaymentDeps } from "../service.ts";
import { eraseTransfers } from "../store-bank.ts";
import { eraseBuyers } from "../store-payment.ts";

/**
 * Blots out who paid these orders, and what the bank wrote of it; has the provider forget a customer's saved payment
 * methods. Safe to repeat. What else the provider knows it keeps, and is to be asked itself.
 * Errors: PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export function erasePayments(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.erasePayments> {
  return async ({ orderIds, customerId }) => {
    if (orderIds.length > 0) {
      await eraseBuyers(deps.db, orderIds);
      await eraseTransfers(deps.db, orderIds);
    }
    if (customerId !== "") await forgetCustomer(deps, customerId);
    return {};
  };
}
