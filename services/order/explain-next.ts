import type { JobRecord } from "../../lib/jobs/index.ts";
import { refundQueue } from "./jobs.ts";
import { hasEnded, type Order } from "./order.ts";

/** What happens next to an order by itself, or what it waits for, in one sentence; empty when all is done. */
export function nextOf(order: Order, jobs: readonly JobRecord[]): string {
  const failed = jobs.find(({ state }) => state === "failed");
  // The job of a refund looks after it, and finds it done as a rule.
  const isIdle = order.refunds.every(({ state }) => state === "DONE");
  const open = jobs.find(({ endTime, queue }) => endTime === null && !(isIdle && queue === refundQueue.name));
  switch (order.state) {
    case "PENDING_PAYMENT":
      return waitingOf(order);
    case "PAID":
    case "FULFILLED":
    case "CANCELED":
    case "EXPIRED":
      if (order.lateMoney === "REVIVE") {
        return "Late money is there: the order is being made good for it, or the money goes back.";
      }
      if (open !== undefined) return jobOf(open);
      if (failed !== undefined && order.state !== "FULFILLED") {
        return `Job ${failed.queue} was given up after ${failed.attempts} attempts (${failed.error}): somebody has to look (ListOrderProblems, RetryOrder).`;
      }
      if (order.state === "PAID") return shippingOf(order);
      return hasEnded(order) && order.paymentState === "CAPTURED"
        ? "Waits for the bank to decide a dispute; what it leaves to the shop then goes back."
        : "";
  }
}

function shippingOf({ shipments }: Order): string {
  const ready = shipments.filter(({ state }) => state === "READY").map(({ id }) => id);
  if (ready.length === 0) return "Waits for its label, and no job is known that buys it.";
  return `Waits for staff to ship ${ready.join(", ")} and to say so (MarkShipped).`;
}

function waitingOf(order: Order): string {
  const until = order.holdExpireTime.toISOString();
  switch (order.paymentState) {
    case null:
    case "FAILED":
    case "REFUNDED":
      return `Waits for a payment; expires at ${until}.`;
    case "REQUIRES_ACTION":
      return `Waits for the buyer to confirm payment ${order.paymentId}; expires at ${until}.`;
    case "AWAITING_TRANSFER":
      return order.payment?.transfer?.bankAccount === undefined
        ? `Waits for a transfer, to be confirmed or rejected by staff; expires at ${until}.`
        : `Waits for a transfer that the payment provider takes; expires at ${until}.`;
    case "PROCESSING":
    case "CAPTURED":
      return `Payment ${order.paymentId} is in the works; the sweep takes it up when nobody else does.`;
  }
}

const purposes: Readonly<Record<string, string>> = {
  "order.fulfill": "buys the label and tells the customer",
  "order.undo": "gives back goods and money and tells the customer",
  "order.undo-checkout": "gives back what a checkout took that came to nothing",
  "order.refund": "gives back the money of a part of it",
  "order.tell": "tells the customer of it",
  "order.instruct": "tells the customer where to transfer the money",
};

function jobOf({ queue, state, attempts, error, dueTime }: JobRecord): string {
  const purpose = `Job ${queue} ${purposes[queue] ?? "goes on"}`;
  if (state === "active") return `${purpose}; it is at work.`;
  return error === ""
    ? `${purpose}, from ${dueTime.toISOString()} on.`
    : `${purpose}; after ${attempts} failures (${error}) it tries again at ${dueTime.toISOString()}.`;
}
