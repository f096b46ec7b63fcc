import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { CallOptions, ConnectError } from "@connectrpc/connect";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { getExisting } from "./access.ts";
import { fulfillQueue, instructQueue, undoQueue } from "./jobs.ts";
import type { Order } from "./order.ts";
import { attemptStateOf, snapshotOf } from "./payment-snapshot.ts";
import { fail } from "./reasons.ts";
import type { OrderDeps } from "./service.ts";
import { commitGoods } from "./stock.ts";
import { markCanceled, markPaid, markUnpayable, recordPayment, takeIntoWork } from "./store-change.ts";

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
    case Payment_State.FAILED:
    case Payment_State.CANCELED:
      return payment.method === cardMethod
        ? record(deps, { order, payment, event: "payment_failed" })
        : cancelRejected(deps, { order, payment });
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
  const recorded = await db.transaction(async (tx) => {
    const changed = await recordPayment(tx, {
      orderId: order.id,
      paymentId: payment.id,
      state: attemptStateOf(payment.state),
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
  const { db, payments } = deps;
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
  const captured =
    payment.state === Payment_State.CAPTURED
      ? payment
      : await payments.capturePayment({ paymentId: payment.id }, call);
  if (captured.state !== Payment_State.CAPTURED) {
    await cancelUnpayable(deps, { order, payment, reason: "the authorized money could not be taken" });
    throw fail("PAYMENT_NOT_CAPTURED", { order_id: order.id });
  }
  return pay(deps, { orderId: order.id, payment: captured });
}

/**
 * Pays an order that costs nothing: commits its goods.
 *
 * @throws HOLD_EXPIRED.
 */
export async function payNothing(deps: OrderDeps, order: Order, call: CallOptions): Promise<Order> {
  if (!(await commitGoods(deps, order, call))) throw holdExpired(order);
  return pay(deps, { orderId: order.id, payment: undefined });
}

/** PENDING_PAYMENT → PAID, with the job that ships it. `payment`: undefined for an order that costs nothing. */
async function pay(
  { db, jobs }: OrderDeps,
  { orderId, payment }: { orderId: string; payment: Payment | undefined },
): Promise<Order> {
  const snapshot = payment === undefined ? null : snapshotOf(payment);
  const paid = await db.transaction(async (tx) => {
    const order = await markPaid(tx, { orderId, snapshot });
    if (order !== undefined) await jobs.enqueue(tx, fulfillQueue, { orderId });
    return order;
  });
  return paid ?? getExisting(db, orderId);
}

function holdExpired({ id, holdExpireTime }: Order): ConnectError {
  return fail("HOLD_EXPIRED", { order_id: id, hold_expire_time: holdExpireTime.toISOString() });
}

function addMs(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms);
}

async function cancelUnpayable(
  { db, jobs }: OrderDeps,
  { order, payment, reason }: { order: Order; payment: Payment; reason: string },
): Promise<Order> {
  const canceled = await db.transaction(async (tx) => {
    const changed = await markUnpayable(tx, { orderId: order.id, paymentId: payment.id, reason });
    if (changed !== undefined) await jobs.enqueue(tx, undoQueue, { orderId: order.id });
    return changed;
  });
  return canceled ?? getExisting(db, order.id);
}

/** A transfer that will not come cancels its order: the goods go to whoever pays. */
async function cancelRejected(
  deps: OrderDeps,
  { order, payment }: { order: Order; payment: Payment },
): Promise<Order> {
  const { db, jobs } = deps;
  await record(deps, { order, payment, event: "payment_failed" });
  const canceled = await db.transaction(async (tx) => {
    const reason = payment.declineMessage || "the transfer was rejected";
    const changed = await markCanceled(tx, { orderId: order.id, reason });
    if (changed !== undefined) await jobs.enqueue(tx, undoQueue, { orderId: order.id });
    return changed;
  });
  return canceled ?? getExisting(db, order.id);
}

/** Money for an order that no longer wants it: freed if authorized, refunded if captured. */
export async function giveBack({ payments }: OrderDeps, payment: Payment, call: CallOptions): Promise<void> {
  switch (payment.state) {
    case Payment_State.UNSPECIFIED:
    case Payment_State.PROCESSING:
    case Payment_State.REQUIRES_ACTION:
    case Payment_State.AWAITING_TRANSFER:
    case Payment_State.AUTHORIZED:
      await payments.cancelPayment({ paymentId: payment.id }, call);
      return;
    case Payment_State.CAPTURED:
      await payments.refundPayment(
        { paymentId: payment.id, reason: "order canceled", requestId: `${payment.orderId}:undo` },
        call,
      );
      return;
    case Payment_State.FAILED:
    case Payment_State.CANCELED:
    case Payment_State.REFUNDED:
      return;
  }
}
