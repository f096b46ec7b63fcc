import { failAttempt } from "./attempt.ts";
import { undoCheckoutQueue, undoQueue } from "./jobs.ts";
import type { Order } from "./order.ts";
import { presentPayment } from "./payments.ts";
import type { OrderDeps } from "./service.ts";
import { settle } from "./settle.ts";
import { claimWaiting, dropDeadCheckouts, expireDue, findDue } from "./store-sweep.ts";
import { undoNow } from "./undo.ts";

/** How many orders one sweep takes at a time. */
const sweepLimit = 200;
/** How many of them it visits at the same time. */
const visitors = 8;

/**
 * Expires unpaid orders whose hold is due, finishes payments whose process
 * died, asks for those whose news does not come, and gives back what orders
 * that never came to be have redeemed. Replicas that sweep at
 * once share the work. Returns how many orders it visited.
 */
export async function sweepOrders(deps: OrderDeps): Promise<number> {
  const now = deps.clock();
  const deadBefore = new Date(now.getTime() - deps.holds.unpaidMs);
  const due = await findDue(deps.db, { now, deadBefore });
  const expired = due.orders ? await sweepDue(deps, now) : 0;
  const dropped = due.checkouts ? await sweepCheckouts(deps, deadBefore) : 0;
  return expired + dropped + (await sweepWaiting(deps));
}

/** Gives back what was redeemed for orders that were never written, once nobody goes on with them. */
async function sweepCheckouts({ db, jobs }: OrderDeps, before: Date): Promise<number> {
  return db.transaction(async (tx) => {
    const dead = await dropDeadCheckouts(tx, { before, limit: sweepLimit });
    await jobs.enqueueAll(
      tx,
      undoCheckoutQueue,
      dead.map((data) => ({ data })),
    );
    return dead.length;
  });
}

async function sweepDue(deps: OrderDeps, now: Date): Promise<number> {
  const { db, jobs } = deps;
  const expired = await db.transaction(async (tx) => {
    const orders = await expireDue(tx, { now, limit: sweepLimit });
    await jobs.enqueueAll(
      tx,
      undoQueue,
      orders.map(({ id }) => ({ data: { orderId: id } })),
    );
    return orders;
  });
  await forEach(expired, async (order) => void (await undoNow(deps, order)));
  return expired.length;
}

async function sweepWaiting(deps: OrderDeps): Promise<number> {
  const { db, log } = deps;
  const waiting = await claimWaiting(db, { now: deps.clock(), limit: sweepLimit });
  await forEach(waiting, async (order) => {
    try {
      await resume(deps, order);
    } catch (err) {
      log.warn({ err, order_id: order.id }, "waiting payment not settled; a later sweep tries again");
    }
  });
  return waiting.length;
}

async function resume(deps: OrderDeps, order: Order): Promise<void> {
  const { paymentId } = order;
  if (paymentId === null) return;
  const payment = await presentPayment(deps, paymentId, {});
  if (payment === undefined) await failAttempt(deps, { order, paymentId, declineCode: "not_started" });
  else await settle(deps, { order, payment }, {});
}

/** Visits several orders at once, so that a provider which does not answer holds up few of them. */
async function forEach(orders: readonly Order[], visit: (order: Order) => Promise<void>): Promise<void> {
  const rest = [...orders];
  const visitor = async () => {
    for (let order = rest.shift(); order !== undefined; order = rest.shift()) await visit(order);
  };
  await Promise.all(Array.from({ length: visitors }, visitor));
}
