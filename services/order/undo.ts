import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { getExisting } from "./access.ts";
import type { OrderJob } from "./jobs.ts";
import type { Order } from "./order.ts";
import { attemptStateOf, snapshotOf } from "./payment-snapshot.ts";
import { giveBack, presentPayment } from "./payments.ts";
import type { OrderDeps } from "./service.ts";
import { returnGoods } from "./stock.ts";
import { recordPayment } from "./store-change.ts";
import { orderSummary } from "./summary.ts";

/**
 * Gives back what a canceled or expired order held: its stock, then its money,
 * and tells the customer. Every step may be repeated.
 */
export async function undoOrder(deps: OrderDeps, { orderId }: OrderJob): Promise<void> {
  const ended = await getExisting(deps.db, orderId);
  if (ended.state !== "CANCELED" && ended.state !== "EXPIRED") return;
  const order = await undo(deps, ended);
  await deps.notify.notifyOrder({
    eventKey: `${orderId}:${order.state.toLowerCase()}`,
    kind: order.state === "CANCELED" ? OrderEventKind.CANCELED : OrderEventKind.EXPIRED,
    contact: order.contact,
    order: orderSummary(order),
  });
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

async function undo(deps: OrderDeps, order: Order): Promise<Order> {
  await returnGoods(deps, order.reservationId);
  return returnMoney(deps, order);
}

async function returnMoney(deps: OrderDeps, order: Order): Promise<Order> {
  const { id: orderId, paymentId } = order;
  if (paymentId === null) return order;
  const payment = await presentPayment(deps, paymentId, {});
  if (payment === undefined) return order;
  const returned = await giveBack(deps, payment, {});
  const state = attemptStateOf(returned.state);
  if (state !== "FAILED" && state !== "REFUNDED") return order;
  const recorded = await recordPayment(deps.db, {
    orderId,
    paymentId,
    state,
    snapshot: snapshotOf(returned),
  });
  return recorded ?? getExisting(deps.db, orderId);
}
