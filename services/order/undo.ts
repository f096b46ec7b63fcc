import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { getExisting } from "./access.ts";
import type { OrderJob } from "./jobs.ts";
import type { Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { giveBack } from "./settle.ts";
import { returnGoods } from "./stock.ts";
import { orderSummary } from "./summary.ts";

/**
 * Gives back what a canceled or expired order held: its stock, then its money,
 * and tells the customer. Every step may be repeated.
 */
export async function undoOrder(deps: OrderDeps, { orderId }: OrderJob): Promise<void> {
  const order = await getExisting(deps.db, orderId);
  if (order.state !== "CANCELED" && order.state !== "EXPIRED") return;
  await returnGoods(deps, order);
  await returnMoney(deps, order);
  await deps.notify.notifyOrder({
    eventKey: `${orderId}:${order.state.toLowerCase()}`,
    kind: order.state === "CANCELED" ? OrderEventKind.CANCELED : OrderEventKind.EXPIRED,
    contact: order.contact,
    order: orderSummary(order),
  });
}

async function returnMoney(deps: OrderDeps, order: Order): Promise<void> {
  if (order.paymentId === null) return;
  const payment = await deps.payments.refreshPayment({ paymentId: order.paymentId });
  await giveBack(deps, payment, {});
}

/**
 * Runs the undo of an order at once, so that its goods are free when the
 * caller has its answer; the job that was enqueued with the change does it
 * again, or for the first time when this fails.
 */
export async function undoNow(deps: OrderDeps, order: Order): Promise<void> {
  try {
    await returnGoods(deps, order);
    await returnMoney(deps, order);
  } catch (err) {
    deps.log.warn({ err, order_id: order.id }, "order not undone yet; a job will");
  }
}
