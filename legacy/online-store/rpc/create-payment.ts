import type { MethodImpl } from "@connectrpc/connect";
import type { OnlineStoreService } from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { bankOf } from "../../bank.ts";
import type { FacadeDeps } from "../../facade.ts";
import { freePayment, fromPayment } from "../convert.ts";
import { findOrder } from "../find-order.ts";
import { fail } from "../reasons.ts";

/** Begins a bank transfer for an order whose goods are locked. */
export function createPayment(deps: FacadeDeps): MethodImpl<typeof OnlineStoreService.method.createPayment> {
  return async ({ orderId, paymentMethod, requestId }, ctx) => {
    const found = await findOrder(deps, ctx, orderId);
    if (found.order === undefined) throw fail("ORDER_NOT_CHECKED_OUT", { order_id: orderId });
    const bank = bankOf(paymentMethod);
    const order = await deps.orders.payOrder(
      {
        orderId: found.order.id,
        method: { case: "bankTransfer", value: { bank } },
        requestId: requestId || `legacy:${found.order.id}:${bank}`,
      },
      outgoing(ctx),
    );
    if (order.payment === undefined) return freePayment(order);
    const payment = await deps.payments.getPayment({ paymentId: order.payment.id }, outgoing(ctx));
    return fromPayment(payment, order);
  };
}
