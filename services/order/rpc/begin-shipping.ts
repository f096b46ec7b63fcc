import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { getExisting } from "../access.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { markHandedOver } from "../store-shipments.ts";

/** Has a paid order stay paid: the merchant hands a parcel of it over. Safe to retry. */
export function beginShipping({ db }: OrderDeps): MethodImpl<typeof OrderService.method.beginShipping> {
  return async ({ orderId }) => {
    if ((await markHandedOver(db, orderId)) !== undefined) return {};
    const { state } = await getExisting(db, orderId);
    throw fail("ORDER_NOT_PAID", { order_id: orderId, state });
  };
}
