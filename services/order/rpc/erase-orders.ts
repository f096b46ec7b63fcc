import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { isOver } from "../order.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { deleteKeysOf, eraseOrdersOf, lockOrdersOf } from "../store-erase.ts";

/**
 * Blots out who a customer's orders were for, all of them or none. Safe to repeat.
 * Errors: ORDERS_OPEN while something may still happen to one: it needs an address, or its buyer news of the money.
 */
export function eraseOrders({ db }: OrderDeps): MethodImpl<typeof OrderService.method.eraseOrders> {
  return ({ customerId }) =>
    db.transaction(async (tx) => {
      const orders = await lockOrdersOf(tx, customerId);
      const open = orders.find((order) => !isOver(order));
      if (open !== undefined) throw fail("ORDERS_OPEN", { order_id: open.id });
      await eraseOrdersOf(tx, customerId);
      await deleteKeysOf(tx, customerId);
      return { orderIds: orders.map(({ id }) => id) };
    });
}
