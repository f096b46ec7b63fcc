import type { MethodImpl } from "@connectrpc/connect";
import type { OnlineStoreService } from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { fromCart, fromOrder } from "../convert.ts";
import { findOrder } from "../find-order.ts";

/** One order, checked out or not. */
export function getOrder(deps: FacadeDeps): MethodImpl<typeof OnlineStoreService.method.getOrder> {
  return async ({ orderId }, ctx) => {
    const { cart, order } = await findOrder(deps, ctx, orderId);
    return order === undefined ? fromCart(cart) : fromOrder(order);
  };
}
