import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { reasonOf } from "../../../lib/errors/reasons.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { getExisting } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { presentPayment } from "../payments.ts";
import type { OrderDeps } from "../service.ts";
import { settle } from "../settle.ts";

/** Brings an order in line with its payment's present state. Safe to retry. */
export function settlePayment(deps: OrderDeps): MethodImpl<typeof OrderService.method.settlePayment> {
  return async ({ orderId }, ctx) => {
    const order = await getExisting(deps.db, orderId);
    if (order.paymentId === null) return toOrderMessage(order);
    const call = outgoing(ctx);
    const payment = await presentPayment(deps, order.paymentId, call);
    if (payment === undefined) return toOrderMessage(order);
    try {
      return toOrderMessage(await settle(deps, { order, payment }, call));
    } catch (err) {
      // The order was canceled for it, and that is where it stands now.
      const reason = reasonOf(err);
      if (reason !== "HOLD_EXPIRED" && reason !== "PAYMENT_NOT_CAPTURED") throw err;
      return toOrderMessage(await getExisting(deps.db, orderId));
    }
  };
}
