import type { MethodImpl } from "@connectrpc/connect";
import type { OnlineStoreService } from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { requirePayment } from "../../order.ts";
import { fromPayment } from "../convert.ts";

/** The money will not come. Answered with the order as it is after that: canceled. */
export function rejectPayment(deps: FacadeDeps): MethodImpl<typeof OnlineStoreService.method.rejectPayment> {
  return async ({ paymentId, requestId }, ctx) => {
    await requirePayment(deps, ctx, paymentId);
    await deps.payments.rejectPayment({ paymentId, requestId }, outgoing(ctx));
    const { payment, order } = await requirePayment(deps, ctx, paymentId);
    return fromPayment(payment, order);
  };
}
