import type { CallOptions, MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { Payment_State } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { reasonOf } from "../../../lib/errors/reasons.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { getExisting } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { noteDisputes } from "../disputes.ts";
import type { Order } from "../order.ts";
import { presentPayment } from "../payments.ts";
import type { OrderDeps } from "../service.ts";
import { settle } from "../settle.ts";

/**
 * Brings an order in line with its payment's present state, and gives back
 * what earlier attempts hold. Safe to retry.
 */
export function settlePayment(deps: OrderDeps): MethodImpl<typeof OrderService.method.settlePayment> {
  return async ({ orderId }, ctx) => {
    const call = outgoing(ctx);
    // Read before the order: an attempt is recorded before its payment begins, so none of these is yet to become its own.
    const { payments } = await deps.payments.listPayments({ orderId, pageSize: 200 }, call);
    const order = await getExisting(deps.db, orderId);
    for (const payment of payments) await noteDisputes(deps, payment);
    const settled = await settleOwn(deps, order, call);
    for (const payment of payments) {
      const holdsMoney =
        payment.state === Payment_State.AUTHORIZED || payment.state === Payment_State.CAPTURED;
      if (holdsMoney && payment.id !== order.paymentId) await settle(deps, { order, payment }, call);
    }
    return toOrderMessage(settled);
  };
}

async function settleOwn(deps: OrderDeps, order: Order, call: CallOptions): Promise<Order> {
  if (order.paymentId === null) return order;
  const payment = await presentPayment(deps, order.paymentId, call);
  if (payment === undefined) return order;
  try {
    return await settle(deps, { order, payment }, call);
  } catch (err) {
    // The order was canceled for it, and that is where it stands now.
    const reason = reasonOf(err);
    if (reason !== "HOLD_EXPIRED" && reason !== "PAYMENT_NOT_CAPTURED") throw err;
    return getExisting(deps.db, order.id);
  }
}
