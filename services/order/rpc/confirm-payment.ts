import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { getOwned } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { unlessFailed } from "../decline.ts";
import { presentPayment } from "../payments.ts";
import type { OrderDeps } from "../service.ts";
import { settle } from "../settle.ts";

/** Goes on with a payment after the buyer did what it required. Safe to retry. */
export function confirmPayment(deps: OrderDeps): MethodImpl<typeof OrderService.method.confirmPayment> {
  return async ({ orderId }, ctx) => {
    const order = await getOwned(deps.db, ctx, orderId);
    if (order.state !== "PENDING_PAYMENT" || order.paymentId === null || order.paymentState === "FAILED") {
      return toOrderMessage(order);
    }
    const call = outgoing(ctx);
    const payment = await presentPayment(deps, order.paymentId, call);
    if (payment === undefined) return toOrderMessage(order);
    return toOrderMessage(unlessFailed(await settle(deps, { order, payment }, call), payment));
  };
}
