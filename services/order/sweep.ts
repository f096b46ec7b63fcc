import { failAttempt } from "./attempt.ts";
import { undoQueue } from "./jobs.ts";
import type { Order } from "./order.ts";
import { presentPayment } from "./payments.ts";
import type { OrderDeps } from "./service.ts";
import { settle } from "./settle.ts";
import { claimWaiting, expireDue, hasDueOrder } from "./store-sweep.ts";
import { undoNow } from "./undo.ts";

/** How many orders one sweep takes at a time. */
const sweepLimit = 200;
/** How many of them it visits at the same time. */
const visitors = 8;

/**
 * Expires unpaid orders whose hold is due, finishes payments whose process
 * died, and asks for those whose news does not come. Replicas that sweep at
 * once share the work. Returns how many orders it visited.
 */
export async function sweepOrders(deps: OrderDeps): Promise<number> {
  return (await sweepDue(deps)) + (await sweepWaiting(deps));
}

async function sweepDue(deps: OrderDeps): Promise<number> {
  const { db, jobs } = deps;
  const now = deps.clock();
  if (!(await hasDueOrder(db, now))) return 0;
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
