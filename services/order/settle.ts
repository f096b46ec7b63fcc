import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { getExisting } from "./access.ts";
import { neverBegan } from "./decline.ts";
import { returnOther, settleEnded } from "./ended.ts";
import { fulfillQueue, instructQueue, undoQueue } from "./jobs.ts";
import type { Order } from "./order.ts";
import { attemptStateOf, snapshotOf } from "./payment-snapshot.ts";
import { capture, cardMethod, rejected } from "./payments.ts";
import { fail, holdExpired } from "./reasons.ts";
import { settlePaid } from "./refunded.ts";
import type { OrderDeps } from "./service.ts";
import { commitGoods, holdForBuyer } from "./stock.ts";
import {
  markFree,
  markPaid,
  markUnpayable,
  recordPayment,
  recordReceived,
  takeIntoWork,
} from "./store-change.ts";
import { undoNow } from "./undo.ts";

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
  if (order.paymentId !== payment.id) {
    await returnOther(deps, { orderId: order.id, payment }, call);
    return order;
  }
  switch (order.state) {
    case "PENDING_PAYMENT":
      return settlePending(deps, { order, payment }, call);
    case "CANCELED":
    case "EXPIRED":
      return settleEnded(deps, { order, payment }, call);
    case "PAID":
    case "FULFILLED":
      return settlePaid(deps, { order, payment });
  }
}

async function settlePending(
  deps: OrderDeps,
  { order, payment }: { order: Order; payment: Payment },
  call: CallOptions,
): Promise<Order> {
  const { holds } = deps;
  switch (payment.state) {
    case Payment_State.UNSPECIFIED:
    case Payment_State.PROCESSING:
      return order;
    case Payment_State.REQUIRES_ACTION: {
      if (order.paymentState === "REQUIRES_ACTION") return order;
      return record(deps, { order, payment, holdUntil: await holdForBuyer(deps, order, call) });
    }
    case Payment_State.AWAITING_TRANSFER: {
      if (order.paymentState === "AWAITING_TRANSFER") return recordPart(deps, { order, payment });
      const holdUntil = payment.deadline && addMs(timestampDate(payment.deadline), holds.transferSlackMs);
      return record(deps, { order, payment, holdUntil });
    }
    case Payment_State.REFUNDED:
      // Of a transfer that staff rejected, the part that had come went back.
      if (payment.declineCode === rejected) return cancelUnpayable(deps, { order, payment });
      return record(deps, { order, payment });
    case Payment_State.CANCELED:
      return record(deps, { order, payment, event: "payment_failed" });
    case Payment_State.FAILED: {
      // A card, or a transfer that never began: the buyer may pay otherwise.
      if (payment.method === cardMethod || neverBegan(payment))
        return record(deps, { order, payment, event: "payment_failed" });
      // A transfer that will not come: the goods go to whoever pays.
      return cancelUnpayable(deps, { order, payment });
    }
    case Payment_State.AUTHORIZED:
    case Payment_State.CAPTURED:
      return takeMoney(deps, { order, payment }, call);
  }
}

/** A part of what the order waits for has come: the buyer is shown what is missing. */
async function recordPart(
  { db }: OrderDeps,
  { order, payment }: { order: Order; payment: Payment },
): Promise<Order> {
  const received = payment.received?.amount ?? 0n;
  if (received <= BigInt(order.payment?.transfer?.received ?? 0)) return order;
  const part = { orderId: order.id, paymentId: payment.id, received, snapshot: snapshotOf(payment) };
  return (await recordReceived(db, part)) ?? getExisting(db, order.id);
}

async function record(
  { db, jobs }: OrderDeps,
  {
    order,
    payment,
    holdUntil,
    event = "payment_pending",
  }: {
    order: Order;
    payment: Payment;
    holdUntil?: Date | undefined;
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
      holdUntil,
      event,
    });
    const told = payment.state === Payment_State.AWAITING_TRANSFER && changed !== undefined;
    if (told) await jobs.enqueue(tx, instructQueue, { orderId: order.id, paymentId: payment.id });
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
    const present = await getExisting(db, order.id);
    // Its money went back already: what is known of the payment here is old.
    if (present.state === "PENDING_PAYMENT" && present.paymentId === payment.id) return present;
    // Canceled or paid by somebody else a moment ago; its new state decides.
    return settle(deps, { order: present, payment }, call);
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
  {
    order,
    payment,
    reason = payment.declineMessage || "the transfer was rejected",
  }: { order: Order; payment: Payment; reason?: string },
): Promise<Order> {
  const { db, jobs } = deps;
  const orderId = order.id;
  const canceled = await db.transaction(async (tx) => {
    if (payment.state === Payment_State.FAILED) {
      const failed = { state: "FAILED", snapshot: snapshotOf(payment), event: "payment_failed" } as const;
      await recordPayment(tx, { orderId, paymentId: payment.id, ...failed });
    }
    const lateMoney = payment.state === Payment_State.FAILED ? null : "RETURN";
    const changed = await markUnpayable(tx, { orderId, paymentId: payment.id, reason, lateMoney });
    if (changed !== undefined) await jobs.enqueue(tx, undoQueue, { orderId });
    if (changed !== undefined && payment.state === Payment_State.CAPTURED) {
      await jobs.enqueue(tx, undoQueue, { orderId, paymentId: payment.id });
    }
    return changed;
  });
  return canceled === undefined ? getExisting(db, orderId) : undoNow(deps, canceled);
}
