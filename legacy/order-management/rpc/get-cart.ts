import type { MethodImpl } from "@connectrpc/connect";
import type { OrderManagementService } from "../../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { inNameOf } from "../../guest.ts";
import { findLatestOrder } from "../../order.ts";
import { buyerOf } from "../buyer.ts";
import { toCart } from "../convert.ts";
import { fail } from "../reasons.ts";

/** The customer's open cart; without one, that of the latest order. */
export function getCart(deps: FacadeDeps): MethodImpl<typeof OrderManagementService.method.getCart> {
  return async ({ customerId }, ctx) => {
    const buyer = buyerOf(deps, ctx, customerId);
    const open = await findOpenCart(deps, ctx, buyer);
    if (open !== undefined) return toCart(open, customerId);
    const latest = await findLatestOrder(deps, ctx, buyer);
    if (latest === undefined) throw fail("CART_NOT_FOUND", { customer_id: customerId });
    return toCart(await deps.carts.getCart({ cartId: latest.cartId }, inNameOf(ctx, buyer)), customerId);
  };
}
