import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { CheckOutRequest, PycomService } from "../../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import { type Order, Order_State } from "../../../gen/rowlock/order/v1/order_pb.js";
import { bankOf } from "../../bank.ts";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { findLatestOrder, payByTransfer } from "../../order.ts";
import { orderCart } from "../../order-cart.ts";
import { toOrder } from "../convert.ts";
import { fail } from "../reasons.ts";
import { buyerOf } from "../session.ts";

/** Orders the buyer's cart, or goes on with the order that a call before this has made of it. */
export function checkOut(deps: FacadeDeps): MethodImpl<typeof PycomService.method.checkOut> {
  return async (request, ctx) => {
    const order = await requireOrder(deps, ctx, request);
    const bank = bankOf(request.paymentMethod);
    return toOrder(await payByTransfer(deps, ctx, { order, bank }));
  };
}

async function requireOrder(deps: FacadeDeps, ctx: HandlerContext, request: CheckOutRequest): Promise<Order> {
  const { sid, contact, shippingAddress } = request;
  const buyer = buyerOf(deps, ctx, sid);
  const cart = await findOpenCart(deps, ctx, buyer);
  if (cart !== undefined && cart.lines.length > 0) {
    return orderCart(deps, ctx, { cartId: cart.id, contact, shippingAddress, requestId: "" });
  }
  const latest = await findLatestOrder(deps, ctx, buyer);
  if (latest?.state !== Order_State.PENDING_PAYMENT) throw fail("CART_EMPTY", {});
  return latest;
}
