import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { getExisting } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import type { OrderDeps } from "../service.ts";
import { settle } from "../settle.ts";
import { undoNow } from "../undo.ts";

/** Brings an order in line with its payment's present state. Safe to retry. */
export function settlePayment(deps: OrderDeps): MethodImpl<typeof OrderService.method.settlePayment> {
  return async ({ orderId }, ctx) => {
    const order = await getExisting(deps.db, orderId);
    if (order.paymentId === null) return toOrderMessage(order);
    const call = outgoing(ctx);
    const payment = await deps.payments.refreshPayment({ paymentId: order.paymentId }, call);
    const settled = await settle(deps, { order, payment }, call);
    if (settled.state === "CANCELED") await undoNow(deps, settled);
    return toOrderMessage(settled);
  };
}
