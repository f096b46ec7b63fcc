import type { MethodImpl } from "@connectrpc/connect";
import { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { fail } from "../reasons.ts";
import { requestErasure } from "../request-erasure.ts";
import type { CustomerDeps } from "../service.ts";
import { findErasure } from "../store-erasure.ts";
import { findProfile } from "../store-profile.ts";

const method = CustomerService.method.eraseCustomer;

/**
 * Has a customer forgotten; again it answers how far that is.
 * Errors: CUSTOMER_NOT_FOUND, ORDERS_OPEN, REQUEST_ID_REUSED.
 */
export function eraseCustomer(deps: CustomerDeps): MethodImpl<typeof method> {
  const { db } = deps;
  return async (request, ctx) => {
    const { customerId } = request;
    const [profile, erasure] = await Promise.all([findProfile(db, customerId), findErasure(db, customerId)]);
    if (profile === undefined && erasure === undefined) {
      throw fail("CUSTOMER_NOT_FOUND", { customer_id: customerId });
    }
    const call = keyedCall(method, request, ctx);
    return requestErasure(deps, { customerId, call }, outgoing(ctx));
  };
}
