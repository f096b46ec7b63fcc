/**
 * An order that has ended, and money that comes all the same. What becomes of
 * the money is decided by one guarded statement before anything is done: the
 * order is made good for it (REVIVE), or it goes back (RETURN, final). Whoever
 * finds a decision carries it out, so a job that runs late, a webhook and a
 * sweep all do the same.
 */
import type { CallOptions } from "@connectrpc/connect";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { getExisting } from "./access.ts";
import { fulfillQueue, undoQueue } from "./jobs.ts";
import { hasEnded, isErased, type Order, type PaymentSnapshot } from "./order.ts";
import { attemptStateOf, isPartPaid, snapshotOf } from "./payment-snapshot.ts";
import { capture, cardMethod, giveBack, isLost, presentPayment } from "./payments.ts";
import type { OrderDeps } from "./service.ts";
import { commitGoods, isLateReservation, returnGoods } from "./stock.ts";
import { recordPayment } from "./store-change.ts";
import { noteOnce } from "./store-event.ts";
import { beginReturn, beginRevival, markRevived } from "./store-late.ts";

interface OwnPayment {
  order: Order;
  payment: Payment;
}

/**
 * Gives back what an ended order held: its stock, what it redeemed, then its
 * money, unless money that came late can revive it: then it keeps the prices
 * that its buyer was promised, though its promotions may no longer count it. Every step may be repeated. Returns the order
 * as it then stands.
 */
export async function undo(deps: OrderDeps, order: Order, call: CallOptions = {}): Promise<Order> {
  // What a revival holds is its own affair; it ends in PAID, or in RETURN.
  if (order.lateMoney !== "REVIVE") {
    await returnGoods(deps, order.reservationId);
    if (order.promotions.length > 0) await deps.promotions.releaseRedemption({ orderId: order.id }, call);
  }
  if (order.paymentId === null) return order;
  const payment = await presentPayment(deps, order.paymentId, call);
  return payment === undefined ? order : settleEnded(deps, { order, payment }, call);
}

/** Brings an ended order in line with its payment. */
export async function settleEnded(deps: OrderDeps, own: OwnPayment, call: CallOptions): Promise<Order> {
  const { order, payment } = own;
  const orderId = order.id;
  if (order.lateMoney === "REVIVE") return revive(deps, own, call);
  if (canRevive(own)) {
    const reviving = await beginRevival(deps.db, { orderId, paymentId: payment.id });
    return reviving === undefined
      ? lookAgain(deps, orderId, call)
      : revive(deps, { order: reviving, payment }, call);
  }
  // What was paid before the order was canceled needs no decision: it cannot revive it.
  const undecided = order.lateMoney === null && order.paymentState !== "CAPTURED";
  if (payment.state === Payment_State.CAPTURED && undecided) return turnDown(deps, own, call);
  const returned = await giveBack(deps, payment, call);
  // What the buyer's bank took for good is back where it came from.
  const state = isLost(returned) ? "REFUNDED" : attemptStateOf(returned.state);
  if (state !== "FAILED" && state !== "REFUNDED") return order;
  const change = { orderId, paymentId: payment.id, state, snapshot: snapshotOf(returned) };
  // Of what was paid somebody tells already; of what a transfer brought in part or too late, or a dispute held up, nobody.
  const isLate = order.paymentState === "FAILED" && order.lateMoney === null;
  const isUntold = isPartPaid(returned) || isLate || returned.disputes.length > 0;
  const recorded =
    state === "REFUNDED" && isUntold
      ? await recordReturned(deps, change)
      : await recordPayment(deps.db, { ...change, event: state === "REFUNDED" ? "refunded" : undefined });
  return recorded ?? getExisting(deps.db, orderId);
}

/** Records that a payment's money went back, with the job that tells the customer. */
export function recordReturned(
  { db, jobs }: Pick<OrderDeps, "db" | "jobs">,
  { orderId, paymentId, snapshot }: { orderId: string; paymentId: string; snapshot: PaymentSnapshot },
): Promise<Order | undefined> {
  return db.transaction(async (tx) => {
    const returned = { orderId, paymentId, snapshot, state: "REFUNDED", event: "refunded" } as const;
    const changed = await recordPayment(tx, returned);
    if (changed !== undefined) await jobs.enqueue(tx, undoQueue, { orderId, paymentId });
    return changed;
  });
}

/**
 * A transfer that is there revives any order; a card whose buyer was late with
 * 3-D Secure revives one that expired, but not one that somebody canceled. An
 * order that was erased has no address any more.
 */
function canRevive({ order, payment }: OwnPayment): boolean {
  if (order.lateMoney !== null || isErased(order)) return false;
  if (order.paymentState === "CAPTURED" || order.paymentState === "REFUNDED") return false;
  return payment.method === cardMethod
    ? payment.state === Payment_State.AUTHORIZED && order.state === "EXPIRED"
    : payment.state === Payment_State.CAPTURED;
}

/** Reserve once more, commit, take the money, PAID; or everything goes back. */
async function revive(deps: OrderDeps, own: OwnPayment, call: CallOptions): Promise<Order> {
  const { order, payment } = own;
  const orderId = order.id;
  switch (payment.state) {
    case Payment_State.AUTHORIZED:
    case Payment_State.CAPTURED:
      break;
    case Payment_State.FAILED:
    case Payment_State.CANCELED:
    case Payment_State.REFUNDED:
      return turnDown(deps, own, call);
    case Payment_State.UNSPECIFIED:
    case Payment_State.PROCESSING:
    case Payment_State.REQUIRES_ACTION:
    case Payment_State.AWAITING_TRANSFER:
      // Somebody who knows more has decided.
      return order;
  }
  // The first reservation belongs to the undo, which may still be under way.
  if (!isLateReservation(order.reservationId)) await returnGoods(deps, order.reservationId);
  if (!(await commitGoods(deps, order, call))) return turnDown(deps, own, call);
  const captured = payment.state === Payment_State.CAPTURED ? payment : await capture(deps, payment, call);
  if (captured === undefined) return turnDown(deps, own, call);
  const paid = await deps.db.transaction(async (tx) => {
    const changed = await markRevived(tx, { orderId, paymentId: payment.id, snapshot: snapshotOf(captured) });
    if (changed !== undefined) await deps.jobs.enqueue(tx, fulfillQueue, { orderId });
    return changed;
  });
  return paid ?? lookAgain(deps, orderId, call);
}

/** The money goes back; the customer is told when it had been taken. */
async function turnDown(deps: OrderDeps, { order, payment }: OwnPayment, call: CallOptions): Promise<Order> {
  const { db, jobs } = deps;
  const orderId = order.id;
  const taken = payment.state === Payment_State.CAPTURED;
  const turned = await db.transaction(async (tx) => {
    const from = order.lateMoney;
    const changed = await beginReturn(tx, { orderId, paymentId: payment.id, from });
    if (changed !== undefined) {
      await jobs.enqueue(tx, undoQueue, taken ? { orderId, paymentId: payment.id } : { orderId });
    }
    return changed;
  });
  return turned === undefined ? lookAgain(deps, orderId, call) : undo(deps, turned, call);
}

/** Somebody else has changed the order: its new state decides. */
async function lookAgain(deps: OrderDeps, orderId: string, call: CallOptions): Promise<Order> {
  const order = await getExisting(deps.db, orderId);
  return hasEnded(order) ? undo(deps, order, call) : order;
}

/**
 * Gives back the money of an attempt that is not, or no longer, the order's.
 * When it had been taken, the timeline and a job say so first. Returns whether
 * all of it was refunded.
 */
export async function returnOther(
  deps: OrderDeps,
  { orderId, payment }: { orderId: string; payment: Payment },
  call: CallOptions,
): Promise<boolean> {
  const { db, jobs } = deps;
  const data = { payment_id: payment.id };
  if (payment.state === Payment_State.CAPTURED) {
    await db.transaction(async (tx) => {
      const news = await noteOnce(tx, { orderId, kind: "late_payment", data });
      if (news) await jobs.enqueue(tx, undoQueue, { orderId, paymentId: payment.id });
    });
  }
  const returned = await giveBack(deps, payment, call);
  if (returned.state !== Payment_State.REFUNDED) return false;
  await noteOnce(db, { orderId, kind: "refunded", data });
  return true;
}
