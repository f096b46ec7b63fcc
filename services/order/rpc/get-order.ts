import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { getOwned } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import type { OrderDeps } from "../service.ts";

/** Returns one order. */
export function getOrder({ db }: OrderDeps): MethodImpl<typeof OrderService.method.getOrder> {
  return async ({ orderId }, ctx) => toOrderMessage(await getOwned(db, ctx, orderId));
}
