import { getExisting } from "./access.ts";
import { failAttempt } from "./attempt.ts";
import { undoQueue } from "./jobs.ts";
import type { Order } from "./order.ts";
import { presentPayment } from "./payments.ts";
import type { OrderDeps } from "./service.ts";
import { settle } from "./settle.ts";
import { markExpired } from "./store-change.ts";
import { findDueOrders, findStalledOrders } from "./store-order.ts";
import { undoNow } from "./undo.ts";

/** How many orders one sweep visits at most. */
const sweepLimit = 200;
/** How many of them it visits at the same time. */
const visitors = 8;
/** A payment that nobody moved for this long is taken over; longer than any call may take. */
const stalledMs = 60_000;

/** Expires unpaid orders whose hold is due, and finishes payments whose process died. Returns how many it visited. */
export async function sweepOrders(deps: OrderDeps): Promise<number> {
  return (await expireDue(deps)) + (await resumeStalled(deps));
}

async function expireDue(deps: OrderDeps): Promise<number> {
  const now = deps.clock();
  const due = await findDueOrders(deps.db, { now, limit: sweepLimit });
  await forEach(due, (orderId) => expire(deps, { orderId, now }));
  return due.length;
}

async function expire(deps: OrderDeps, { orderId, now }: { orderId: string; now: Date }): Promise<void> {
  const { db, jobs } = deps;
  const expired = await db.transaction(async (tx) => {
    const order = await markExpired(tx, { orderId, now });
    if (order !== undefined) await jobs.enqueue(tx, undoQueue, { orderId });
    return order;
  });
  if (expired !== undefined) await undoNow(deps, expired);
}

async function resumeStalled(deps: OrderDeps): Promise<number> {
  const { db, log } = deps;
  const before = new Date(deps.clock().getTime() - stalledMs);
  const stalled = await findStalledOrders(db, { before, limit: sweepLimit });
  await forEach(stalled, async (orderId) => {
    try {
      await resume(deps, await getExisting(db, orderId));
    } catch (err) {
      log.warn({ err, order_id: orderId }, "stalled payment not settled; the next sweep tries again");
    }
  });
  return stalled.length;
}

async function resume(deps: OrderDeps, order: Order): Promise<void> {
  const { paymentId } = order;
  if (paymentId === null) return;
  const payment = await presentPayment(deps, paymentId, {});
  if (payment === undefined) await failAttempt(deps, { order, paymentId, declineCode: "not_started" });
  else await settle(deps, { order, payment }, {});
}

/** Visits several orders at once, so that a provider which does not answer holds up few of them. */
async function forEach(
  orderIds: readonly string[],
  visit: (orderId: string) => Promise<void>,
): Promise<void> {
  const rest = [...orderIds];
  const visitor = async () => {
    for (let id = rest.shift(); id !== undefined; id = rest.shift()) await visit(id);
  };
  await Promise.all(Array.from({ length: visitors }, visitor));
}
