import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { type ConfirmationNews, tellQueue } from "./jobs.ts";
import type { Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { claimQuiet, hasQuiet } from "./store-confirm.ts";
import { tellCustomer } from "./tell.ts";

/**
 * How long nothing has happened to an order before its buyer is told where it stands, in milliseconds: long enough to
 * fill in a card, and for a label to be bought. Who has paid by then reads the receipt with the label instead, and who
 * chose a transfer its instructions: nobody gets two messages that say the same.
 */
export const quietMs = 120_000;

/** How many orders one sweep takes. */
const sweepLimit = 200;

/**
 * Has buyers told, once each, of orders that stand still: that an order is placed and held for its payment, or that it
 * is paid and will be sent. The jobs are enqueued with what is noted of the orders; replicas share the work. Returns how
 * many orders it took.
 */
export async function sweepConfirmations({
  db,
  clock,
  jobs,
}: Pick<OrderDeps, "db" | "clock" | "jobs">): Promise<number> {
  const since = new Date(clock().getTime() - quietMs);
  if (!(await hasQuiet(db, since))) return 0;
  return db.transaction(async (tx) => {
    const quiet = await claimQuiet(tx, { since, limit: sweepLimit });
    const untold = quiet.filter(({ instructed }) => !instructed);
    await jobs.enqueueAll(
      tx,
      tellQueue,
      untold.map(({ orderId, news }) => ({ data: { orderId, news } })),
    );
    return quiet.length;
  });
}

/** Tells the buyer where an order stands; when it has gone on meanwhile, what was not sent yet is not sent. */
export async function tellConfirmation(
  deps: Pick<OrderDeps, "notify">,
  order: Order,
  news: ConfirmationNews,
): Promise<void> {
  const { id, state, paymentState } = order;
  const isPlaced = news === "PLACED";
  const stands = isPlaced
    ? state === "PENDING_PAYMENT" && paymentState !== "AWAITING_TRANSFER"
    : state === "PAID" && paymentState !== "REFUNDED";
  await tellCustomer(deps, order, {
    eventKey: `${id}:${news.toLowerCase()}`,
    kind: isPlaced ? OrderEventKind.PLACED : OrderEventKind.PAID,
    withdraw: !stands,
  });
}
