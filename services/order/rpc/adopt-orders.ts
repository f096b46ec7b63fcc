import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import type { OrderDeps } from "../service.ts";
import { changeOwner } from "../store-order.ts";

/**
 * Gives a guest's orders to a customer. One that is being placed meanwhile is not there yet; it takes the
 * owner of its cart (`complete-cart.ts`), which has been adopted before.
 */
export function adoptOrders({ db }: OrderDeps): MethodImpl<typeof OrderService.method.adoptOrders> {
  return async ({ guestId, customerId }) => ({
    orderCount: await changeOwner(db, { from: guestId, to: customerId }),
  });
}
