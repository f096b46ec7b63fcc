/** A checkout that came to nothing: what it took goes back. */
import { reasonOf } from "../../lib/errors/reasons.ts";
import { type CheckoutJob, undoCheckoutQueue } from "./jobs.ts";
import type { OrderDeps } from "./service.ts";
import { dropCheckout } from "./store-checkout.ts";

/**
 * Ends a checkout that failed, without its caller's deadline, which may be the reason it failed. What cannot be undone
 * now ends by itself: the hold, the freeze and the lease all expire, and what may have been redeemed is given back by
 * the job that is enqueued when the checkout is dropped, or that the sweep enqueues.
 */
export async function endCheckout(
  deps: OrderDeps,
  { cartId, orderId, redeeming }: CheckoutJob & { redeeming: boolean },
): Promise<void> {
  const { db, jobs, log } = deps;
  const job = { cartId, orderId };
  try {
    const dropped = redeeming
      ? await db.transaction(async (tx) => {
          const gone = await dropCheckout(tx, job);
          if (gone) await jobs.enqueue(tx, undoCheckoutQueue, job);
          return gone;
        })
      : await dropCheckout(db, job);
    // Without a checkout to drop, the order was written after all: it keeps its goods.
    if (!dropped) return;
    if (redeeming) await undoCheckout(deps, job);
    else await letGo(deps, job);
  } catch (err) {
    log.warn({ err, order_id: orderId }, "checkout not undone; its hold will expire, a job does the rest");
  }
}

/**
 * Gives back all that a dropped checkout may have taken, also what a call that still runs would take: an order whose
 * redemption was released can redeem nothing more. Safe to repeat.
 */
export async function undoCheckout(deps: OrderDeps, job: CheckoutJob): Promise<void> {
  await deps.promotions.releaseRedemption({ orderId: job.orderId });
  await letGo(deps, job);
}

async function letGo({ inventory, carts }: OrderDeps, { cartId, orderId }: CheckoutJob): Promise<void> {
  await inventory.release({ reservationId: orderId }).catch(unlessReason("RESERVATION_NOT_FOUND"));
  await carts.thawCart({ cartId, orderId }).catch(unlessReason("CART_NOT_FOUND"));
}

function unlessReason(reason: string): (err: unknown) => void {
  return (err) => {
    if (reasonOf(err) !== reason) throw err;
  };
}
