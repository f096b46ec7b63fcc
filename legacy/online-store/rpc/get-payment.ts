import type { MethodImpl } from "@connectrpc/connect";
import type { OnlineStoreService } from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { requirePayment } from "../../order.ts";
import { fromPayment } from "../convert.ts";

/** One payment with its order. */
export function getPayment(deps: FacadeDeps): MethodImpl<typeof OnlineStoreService.method.getPayment> {
  return async ({ paymentId }, ctx) => {
    const { payment, order } = await requirePayment(deps, ctx, paymentId);
    return fromPayment(payment, order);
  };
}
