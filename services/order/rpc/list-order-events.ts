import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { getOwned } from "../access.ts";
import { toOrderEvent } from "../convert.ts";
import type { OrderDeps } from "../service.ts";
import { listEvents } from "../store-event.ts";

/** Lists what happened to an order, the oldest first. */
export function listOrderEvents({ db }: OrderDeps): MethodImpl<typeof OrderService.method.listOrderEvents> {
  return async ({ orderId }, ctx) => {
    await getOwned(db, ctx, orderId);
    return { events: (await listEvents(db, orderId)).map(toOrderEvent) };
  };
}
