import type { CallOptions, MethodImpl } from "@connectrpc/connect";
import { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { getOwned } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { unlessFailed } from "../decline.ts";
import type { Order } from "../order.ts";
import { presentPayment } from "../payments.ts";
import type { OrderDeps } from "../service.ts";
import { settle } from "../settle.ts";

const method = OrderService.method.confirmPayment;

/** Goes on with a payment after the buyer did what it required. Safe to retry. */
export function confirmPayment(deps: OrderDeps): MethodImpl<typeof method> {
  const { db, clock } = deps;
  return async (request, ctx) => {
    const order = await getOwned(db, ctx, request.orderId);
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async () => toOrderMessage(await confirm(deps, order, outgoing(ctx))));
  };
}

async function confirm(deps: OrderDeps, order: Order, call: CallOptions): Promise<Order> {
  const { state, paymentId, paymentState } = order;
  // A buyer whose bank was slow may find the order expired, and the goods still there.
  const canBePaid = state === "PENDING_PAYMENT" || state === "EXPIRED";
  const isOver = paymentState === "FAILED" || paymentState === "REFUNDED" || paymentState === "CAPTURED";
  if (!canBePaid || isOver || paymentId === null) return order;
  const payment = await presentPayment(deps, paymentId, call);
  if (payment === undefined) return order;
  return unlessFailed(await settle(deps, { order, payment }, call), payment);
}
