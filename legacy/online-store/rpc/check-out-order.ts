import type { MethodImpl } from "@connectrpc/connect";
import type { OnlineStoreService } from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { orderCart } from "../../order-cart.ts";
import { fromOrder } from "../convert.ts";
import { findOrder } from "../find-order.ts";

/** Makes the order of the cart that the order has been so far, and locks its goods. */
export function checkOutOrder(deps: FacadeDeps): MethodImpl<typeof OnlineStoreService.method.checkOutOrder> {
  return async ({ orderId, ...delivery }, ctx) => {
    const { cart, order } = await findOrder(deps, ctx, orderId);
    return fromOrder(await orderCart(deps, ctx, { cartId: cart?.id ?? order?.cartId ?? "", ...delivery }));
  };
}
