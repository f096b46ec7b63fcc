import type { MethodImpl } from "@connectrpc/connect";
import type { OrderManagementService } from "../../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { collectOrders } from "../../order.ts";
import { toOrder } from "../convert.ts";

/** All orders of this API. */
export function listOrders({
  orders,
  channel,
}: FacadeDeps): MethodImpl<typeof OrderManagementService.method.listOrders> {
  return async (_request, ctx) => {
    const all = await collectOrders((page) => orders.listOrders({ ...page, channel }, outgoing(ctx)));
    return { orders: all.map(toOrder), ...(all.length === 0 && { message: "No orders were found." }) };
  };
}
