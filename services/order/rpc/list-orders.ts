import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { pageOf } from "../list.ts";
import type { OrderDeps } from "../service.ts";

/** Lists orders, the newest first. */
export function listOrders({ db }: OrderDeps): MethodImpl<typeof OrderService.method.listOrders> {
  return async (request) => {
    const { email, channel } = request;
    return pageOf(db, request, { list: "orders", email: email || undefined, channel: channel || undefined });
  };
}
