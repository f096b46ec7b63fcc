import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { requireOrder } from "../../order.ts";
import { requestKey } from "../request-key.ts";
import { showOrder } from "../show-order.ts";

/** Chooses one of the order's shipping methods. */
export function setShipping(deps: FacadeDeps): MethodImpl<typeof MicroServicesService.method.setShipping> {
  return async ({ orderId, shippingId: shippingMethodId, requestId }, ctx) => {
    await requireOrder(deps, ctx, orderId);
    const order = await deps.orders.setShippingMethod(
      { orderId, shippingMethodId, requestId: requestKey(requestId, orderId) },
      outgoing(ctx),
    );
    return showOrder(deps, ctx, order);
  };
}
