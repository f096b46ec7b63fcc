import type { HandlerContext } from "@connectrpc/connect";
import {
  type ListOrdersResponse,
  type Order,
  Order_State,
  OrderPayment_State,
} from "../gen/rowlock/order/v1/order_pb.js";
import type { Payment } from "../gen/rowlock/payment/v1/payment_pb.js";
import { outgoing, type Principal } from "../lib/rpc/index.ts";
import { isNotFound } from "./cart.ts";
import type { FacadeDeps } from "./facade.ts";
import { inNameOf } from "./guest.ts";
import { orderCart } from "./order-cart.ts";
import { failLegacy } from "./reasons.ts";

/**
 * An order of the facade's channel.
 * Errors: ORDER_NOT_FOUND, also for another channel's.
 */
export async function requireOrder(
  { orders, channel }: Pick<FacadeDeps, "orders" | "channel">,
  ctx: HandlerContext,
  orderId: string,
): Promise<Order> {
  const order = await orders.getOrder({ orderId }, outgoing(ctx)).catch(absentWhenNotFound);
  if (order?.channel !== channel) throw failLegacy("ORDER_NOT_FOUND", { order_id: orderId });
  return order;
}

/**
 * A payment of an order of the facade's channel, and the order.
 * Errors: PAYMENT_NOT_FOUND, also for another channel's.
 */
export async function requirePayment(
  deps: Pick<FacadeDeps, "orders" | "payments" | "channel">,
  ctx: HandlerContext,
  paymentId: string,
): Promise<{ payment: Payment; order: Order }> {
  const payment = await deps.payments.getPayment({ paymentId }, outgoing(ctx)).catch(absentWhenNotFound);
  const order =
    payment &&
    (await deps.orders.getOrder({ orderId: payment.orderId }, outgoing(ctx)).catch(absentWhenNotFound));
  if (payment === undefined || order?.channel !== deps.channel) {
    throw failLegacy("PAYMENT_NOT_FOUND", { payment_id: paymentId });
  }
  return { payment, order };
}

/** The buyer's order that was placed last; undefined when there is none. */
export async function findLatestOrder(
  { orders }: Pick<FacadeDeps, "orders">,
  ctx: HandlerContext,
  buyer: Principal,
): Promise<Order | undefined> {
  return (await orders.listOwnOrders({ pageSize: 1 }, inNameOf(ctx, buyer))).orders[0];
}

/**
 * Orders a cart, which is to be fetched, and asks for its money by bank transfer (`bank` empty: any): the goods are
 * locked until the transfer's deadline. A cart is ordered and paid once, however often this is called.
 * Errors: those of Order.PlaceOrder and Order.PayOrder.
 */
export async function orderByTransfer(
  deps: Pick<FacadeDeps, "orders">,
  ctx: HandlerContext,
  { cartId, bank = "" }: { cartId: string; bank?: string },
): Promise<Order> {
  const order = await orderCart(deps, ctx, { cartId, requestId: "" });
  return payByTransfer(deps, ctx, { order, bank });
}

/**
 * Asks for the money of an order that waits for it, unless it was asked for before. What another call has begun at the
 * same moment is gone on with, and answers the same.
 */
export async function payByTransfer(
  { orders }: Pick<FacadeDeps, "orders">,
  ctx: HandlerContext,
  { order, bank = "" }: { order: Order; bank?: string },
): Promise<Order> {
  const { state, payment } = order;
  const asked = payment !== undefined && payment.state !== OrderPayment_State.PROCESSING;
  if (state !== Order_State.PENDING_PAYMENT || asked) return order;
  const method = { case: "bankTransfer", value: { bank } } as const;
  return orders.payOrder({ orderId: order.id, method, requestId: `legacy:${order.id}` }, outgoing(ctx));
}

/** Most orders that a list without pages shows. */
const maxListed = 1000;

/** The newest orders of a list, 1,000 at most, for the older APIs that know no pages. */
export async function collectOrders(
  list: (page: { pageSize: number; pageToken: string }) => Promise<ListOrdersResponse>,
): Promise<Order[]> {
  const all: Order[] = [];
  let pageToken = "";
  do {
    const page = await list({ pageSize: 200, pageToken });
    all.push(...page.orders);
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && all.length < maxListed);
  return all;
}

function absentWhenNotFound(err: unknown): undefined {
  if (isNotFound(err)) return undefined;
  throw err;
}
