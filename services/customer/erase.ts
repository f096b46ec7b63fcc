import type { CallOptions } from "@connectrpc/connect";
import { defineQueue } from "../../lib/jobs/index.ts";
import type { CustomerDeps } from "./service.ts";
import { completeErasure, deleteCustomer } from "./store-erasure.ts";
import { findProfile } from "./store-profile.ts";

/** Whom a job erases. */
export interface EraseJob {
  customerId: string;
}

/** Tried for six weeks: an order may take that long to be finished. */
export const eraseQueue = defineQueue<EraseJob>("customer.erase", {
  retryLimit: 1_000,
  retryDelay: 5,
  retryBackoff: true,
  retryDelayMax: 3_600,
});

/** Orders that are named in one call: what the strictest of the services takes. */
const atOnce = 200;

/**
 * Seconds after which everything is done once more. By then is over what was on its way when the account ended: a cart
 * frozen for an order, an order being placed, a session that a process remembered, a late word of a provider.
 */
const afterwardsSeconds = 900;

/**
 * Forgets a customer: orders and what belongs to them, carts, the account, and last what is stored here, so that
 * whatever dies in between is found again. Every step may be repeated.
 * @throws ORDERS_OPEN while an order is not finished; to be tried again.
 */
export async function eraseCustomerData(
  deps: CustomerDeps,
  { customerId }: EraseJob,
  options: CallOptions = {},
): Promise<void> {
  const { db, clock, jobs, orders, payments, shipping, inventory, notify, webhooks, carts, accounts } = deps;
  const { orderIds } = await orders.eraseOrders({ customerId }, options);
  for (let from = 0; from < orderIds.length; from += atOnce) {
    const some = { orderIds: orderIds.slice(from, from + atOnce) };
    await payments.erasePayments(some, options);
    await shipping.eraseShipments(some, options);
    await notify.eraseMessages(some, options);
    await webhooks.eraseEvents(some, options);
  }
  await payments.erasePayments({ customerId }, options);
  const profile = await findProfile(db, customerId);
  if (profile !== undefined && profile.email !== "") {
    // Before the messages: what is told meanwhile is forgotten with those.
    await inventory.eraseStockNotices({ emails: [profile.email] }, options);
    await notify.eraseMessages({ recipients: [profile.email] }, options);
  }
  await carts.eraseCarts({ customerId }, options);
  await accounts.deleteAccount({ customerId }, options);
  await db.transaction(async (tx) => {
    await deleteCustomer(tx, customerId);
    if (!(await completeErasure(tx, { customerId, now: clock() }))) return;
    const again = { singletonKey: `${customerId} afterwards`, startAfter: afterwardsSeconds };
    await jobs.enqueue(tx, eraseQueue, { customerId }, again);
  });
}
