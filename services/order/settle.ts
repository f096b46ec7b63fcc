import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { getExisting } from "./access.ts";
import { fulfillQueue, instructQueue, undoQueue } from "./jobs.ts";
import type { Order } from "./order.ts";
import { attemptStateOf, snapshotOf } from "./payment-snapshot.ts";
import { giveBack } from "./payments.ts";
import { fail, holdExpired } from "./reasons.ts";
import type { OrderDeps } from "./service.ts";
import { commitGoods } from "./stock.ts";
import { markFree, markPaid, markUnpayable, recordPayment, takeIntoWork } from "./store-change.ts";
import { undoNow } from "./undo.ts";

/** The method of a card payment, as Payment names it. */
const cardMethod = "card";

/**
 * Brings an order in line with its payment. The only way to PAID: whoever
 * learns that a payment moved (the buyer's call, staff, a sweep) calls this,
 * and repeating it changes nothing. Each step may be repeated, and each is
 * recorded by the service that does it before the next is tried: the goods are
 * committed before the money is taken.
 *
 * @throws HOLD_EXPIRED, PAYMENT_NOT_CAPTURED, and what Inventory and Payment throw when they cannot be reached.
 */
export async function settle(
  deps: OrderDeps,
  { order, payment }: { order: Order; payment: Payment },
  call: CallOptions,
): Promise<Order> {
  if (order.state === "PENDING_PAYMENT" && order.paymentId === payment.id) {
    return settlePending(deps, { order, payment }, call);
  }
  if (order.state === "CANCELED" || order.state === "EXPIRED" || order.paymentId !== payment.id) {
    await giveBack(deps, payment, call);
  }
  return order;
}

async function settlePending(
  deps: OrderDeps,
  { order, payment }: { order: Order; payment: Payment },
  call: CallOptions,
): Promise<Order> {
  switch (payment.state) {
    case Payment_State.UNSPECIFIED:
    case Payment_State.PROCESSING:
      return order;
    case Payment_State.REQUIRES_ACTION:
    case Payment_State.AWAITING_TRANSFER:
    case Payment_State.REFUNDED:
      return record(deps, { order, payment });
    case Payment_State.CANCELED:
      return record(deps, { order, payment, event: "payment_failed" });
    case Payment_State.FAILED: {
      if (payment.method === cardMethod) return record(deps, { order, payment, event: "payment_failed" });
      // A transfer that will not come: the goods go to whoever pays.
      const reason = payment.declineMessage || "the transfer was rejected";
      return cancelUnpayable(deps, { order, payment, reason });
    }
    case Payment_State.AUTHORIZED:
    case Payment_State.CAPTURED:
      return takeMoney(deps, { order, payment }, call);
  }
}

async function record(
  { db, jobs, holds }: OrderDeps,
  {
    order,
    payment,
    event = "payment_pending",
  }: {
    order: Order;
    payment: Payment;
    event?: "payment_failed" | "payment_pending";
  },
): Promise<Order> {
  const state = attemptStateOf(payment.state);
  if (order.paymentState === state) return order;
  const recorded = await db.transaction(async (tx) => {
    const changed = await recordPayment(tx, {
      orderId: order.id,
      paymentId: payment.id,
      state,
      snapshot: snapshotOf(payment),
      holdUntil: payment.deadline && addMs(timestampDate(payment.deadline), holds.transferSlackMs),
      event,
    });
    const told = payment.state === Payment_State.AWAITING_TRANSFER && changed !== undefined;
    if (told) await jobs.enqueue(tx, instructQueue, { orderId: order.id });
    return changed;
  });
  return recorded ?? getExisting(db, order.id);
}

/** Commit the goods, take the money, mark the order paid. */
async function takeMoney(
  deps: OrderDeps,
  { order, payment }: { order: Order; payment: Payment },
  call: CallOptions,
): Promise<Order> {
  const { db } = deps;
  const taken =
    order.paymentState === "PROCESSING"
      ? order
      : await takeIntoWork(db, { orderId: order.id, paymentId: payment.id });
  if (taken === undefined) {
    // Canceled or paid by somebody else a moment ago; its new state decides.
    return settle(deps, { order: await getExisting(db, order.id), payment }, call);
  }
  if (!(await commitGoods(deps, taken, call))) {
    await cancelUnpayable(deps, { order, payment, reason: "the goods are no longer there" });
    throw holdExpired(order);
  }
  const captured = payment.state === Payment_State.CAPTURED ? payment : await capture(deps, payment, call);
  if (captured === undefined) {
    await cancelUnpayable(deps, { order, payment, reason: "the authorized money could not be taken" });
    throw fail("PAYMENT_NOT_CAPTURED", { order_id: order.id });
  }
  return pay(deps, { orderId: order.id, payment: captured }, call);
}

/** Takes the authorized money; nothing when the provider no longer has it for us. */
async function capture(
  { payments }: OrderDeps,
  { id }: Payment,
  call: CallOptions,
): Promise<Payment | undefined> {
  try {
    return await payments.capturePayment({ paymentId: id }, call);
  } catch (err) {
    if (reasonOf(err) === "PAYMENT_NOT_AUTHORIZED") return undefined;
    throw err;
  }
}

/** PENDING_PAYMENT → PAID, with the job that ships it. */
async function pay(
  deps: OrderDeps,
  { orderId, payment }: { orderId: string; payment: Payment },
  call: CallOptions,
): Promise<Order> {
  const { db, jobs } = deps;
  const paid = await db.transaction(async (tx) => {
    const order = await markPaid(tx, { orderId, paymentId: payment.id, snapshot: snapshotOf(payment) });
    if (order !== undefined) await jobs.enqueue(tx, fulfillQueue, { orderId });
    return order;
  });
  // Paid by somebody else a moment ago; or ended, and then the money goes back.
  return paid ?? settle(deps, { order: await getExisting(db, orderId), payment }, call);
}

/**
 * Pays an order that costs nothing: commits its goods. Repeating it changes nothing.
 *
 * @throws HOLD_EXPIRED.
 */
export async function payNothing(deps: OrderDeps, order: Order, call: CallOptions): Promise<Order> {
  const { db, jobs } = deps;
  if (!(await commitGoods(deps, order, call))) throw holdExpired(order);
  const paid = await db.transaction(async (tx) => {
    const changed = await markFree(tx, order.id);
    if (changed !== undefined) await jobs.enqueue(tx, fulfillQueue, { orderId: order.id });
    return changed;
  });
  return paid ?? getExisting(db, order.id);
}

function addMs(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms);
}

/** The order cannot be paid any more: it is canceled, and what it held goes back. */
async function cancelUnpayable(
  deps: OrderDeps,
  { order, payment, reason }: { order: Order; payment: Payment; reason: string },
): Promise<Order> {
  const { db, jobs } = deps;
  const orderId = order.id;
  const canceled = await db.transaction(async (tx) => {
    if (payment.state === Payment_State.FAILED) {
      const failed = { state: "FAILED", snapshot: snapshotOf(payment), event: "payment_failed" } as const;
      await recordPayment(tx, { orderId, paymentId: payment.id, ...failed });
    }
    const changed = await markUnpayable(tx, { orderId, paymentId: payment.id, reason });
    if (changed !== undefined) await jobs.enqueue(tx, undoQueue, { orderId });
    return changed;
  });
  return canceled === undefined ? getExisting(db, orderId) : undoNow(deps, canceled);
}
