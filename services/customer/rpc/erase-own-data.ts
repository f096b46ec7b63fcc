import type { MethodImpl } from "@connectrpc/connect";
import { CustomerService } from "../../../gen/rowlock/customer/v1/customer_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { customerOf } from "../access.ts";
import { requestErasure } from "../request-erasure.ts";
import type { CustomerDeps } from "../service.ts";

const method = CustomerService.method.eraseOwnData;

/** Has the caller forgotten; again it answers how far that is. Errors: ACCOUNT_REQUIRED, ORDERS_OPEN, REQUEST_ID_REUSED. */
export function eraseOwnData(deps: CustomerDeps): MethodImpl<typeof method> {
  return async (request, ctx) => {
    const customerId = customerOf(ctx);
    const call = keyedCall(method, request, ctx);
    return requestErasure(deps, { customerId, call }, outgoing(ctx));
  };
}
