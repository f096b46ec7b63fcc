import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { getExisting } from "./access.ts";
import { returnOther, undo } from "./ended.ts";
import type { UndoJob } from "./jobs.ts";
import { hasEnded, type Order } from "./order.ts";
import { isInDispute, presentPayment } from "./payments.ts";
import type { OrderDeps } from "./service.ts";
import { isLateReservation } from "./stock.ts";
import { tellCustomer } from "./tell.ts";
import { tellRefunds } from "./tell-news.ts";

/**
 * Gives back what a canceled or expired order held, and tells the customer; or
 * gives back the money of one payment and tells of that. Every step may be
 * repeated. An order that was revived meanwhile is left alone.
 */
export async function undoOrder(deps: OrderDeps, { orderId, paymentId }: UndoJob): Promise<void> {
  const found = await getExisting(deps.db, orderId);
  const order = hasEnded(found) ? await undo(deps, found) : found;
  if (paymentId === undefined) return tellEnd(deps, order);
  const isBack =
    paymentId === order.paymentId
      ? order.paymentState === "REFUNDED"
      : await returnPayment(deps, { orderId, paymentId });
  const payment = await deps.payments.getPayment({ paymentId });
  // What becomes of the dispute is told by a webhook, and goes on from there.
  if (!isBack && isInDispute(payment)) return;
  if (!isBack) throw new Error(`payment ${paymentId} of order ${orderId} is not refunded yet`);
  await tellRefunds(deps, { order, payment });
}

async function tellEnd(deps: OrderDeps, order: Order): Promise<void> {
  if (!hasEnded(order) || order.lateMoney === "REVIVE") return;
  // An order that late money had revived ends a second time.
  const again = isLateReservation(order.reservationId) && order.lateMoney === null ? ":again" : "";
  await tellCustomer(deps, order, {
    eventKey: `${order.id}:${order.state.toLowerCase()}${again}`,
    kind: order.state === "CANCELED" ? OrderEventKind.CANCELED : OrderEventKind.EXPIRED,
  });
}

async function returnPayment(
  deps: OrderDeps,
  { orderId, paymentId }: { orderId: string; paymentId: string },
): Promise<boolean> {
  const payment = await presentPayment(deps, paymentId, {});
  return payment !== undefined && returnOther(deps, { orderId, payment }, {});
}

/**
 * Runs the undo of an order at once, so that its goods are free when the
 * caller has its answer; the job that was enqueued with the change does it
 * again, or for the first time when this fails. Returns the order as it then
 * stands.
 */
export async function undoNow(deps: OrderDeps, order: Order): Promise<Order> {
  try {
    return await undo(deps, order);
  } catch (err) {
    deps.log.warn({ err, order_id: order.id }, "order not undone yet; a job will");
    return order;
  }
}
