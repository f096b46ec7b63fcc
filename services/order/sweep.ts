import { getExisting } from "./access.ts";
import { undoQueue } from "./jobs.ts";
import type { OrderDeps } from "./service.ts";
import { settle } from "./settle.ts";
import { markExpired } from "./store-change.ts";
import { findDueOrders, findStalledOrders } from "./store-order.ts";
import { undoNow } from "./undo.ts";

/** How many orders one sweep visits at most. */
const sweepLimit = 200;
/** A payment that nobody moved for this long is taken over; longer than any call may take. */
const stalledMs = 60_000;

/** Expires unpaid orders whose hold is due, and finishes payments whose process died. Returns how many it visited. */
export async function sweepOrders(deps: OrderDeps): Promise<number> {
  return (await expireDue(deps)) + (await resumeStalled(deps));
}

async function expireDue(deps: OrderDeps): Promise<number> {
  const { db, jobs } = deps;
  const now = deps.clock();
  const due = await findDueOrders(db, { now, limit: sweepLimit });
  for (const orderId of due) {
    const expired = await db.transaction(async (tx) => {
      const order = await markExpired(tx, { orderId, now });
      if (order !== undefined) await jobs.enqueue(tx, undoQueue, { orderId });
      return order;
    });
    if (expired !== undefined) await undoNow(deps, expired);
  }
  return due.length;
}

async function resumeStalled(deps: OrderDeps): Promise<number> {
  const { db, payments, log } = deps;
  const before = new Date(deps.clock().getTime() - stalledMs);
  const stalled = await findStalledOrders(db, { before, limit: sweepLimit });
  for (const orderId of stalled) {
    try {
      const order = await getExisting(db, orderId);
      if (order.paymentId === null) continue;
      const payment = await payments.refreshPayment({ paymentId: order.paymentId });
      await settle(deps, { order, payment }, {});
    } catch (err) {
      log.warn({ err, order_id: orderId }, "stalled payment not settled; the next sweep tries again");
    }
  }
  return stalled.length;
}
