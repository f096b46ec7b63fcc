import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { callerOf } from "../../../lib/rpc/index.ts";
import { pageOf } from "../list.ts";
import type { OrderDeps } from "../service.ts";

/** Lists the orders of the customer or guest who calls. Staff and services buy nothing, so they have none. */
export function listOwnOrders({ db }: OrderDeps): MethodImpl<typeof OrderService.method.listOwnOrders> {
  return async (request, ctx) => {
    const { kind, id: owner } = callerOf(ctx);
    return kind === "customer" || kind === "guest" ? pageOf(db, request, { list: "own", owner }) : {};
  };
}
