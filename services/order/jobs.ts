import { defineQueue } from "../../lib/jobs/index.ts";

/** What every job of an order carries. */
export interface OrderJob {
  orderId: string;
}

const untilDone = { retryLimit: 100, retryDelay: 2, retryBackoff: true, retryDelayMax: 300 };

/** Buys the label of a paid order and tells the customer. */
export const fulfillQueue = defineQueue<OrderJob>("order.fulfill", untilDone);

/** Gives back what a canceled or expired order held: stock and money. */
export const undoQueue = defineQueue<OrderJob>("order.undo", untilDone);

/** Tells the customer where to transfer the money. */
export const instructQueue = defineQueue<OrderJob>("order.instruct", untilDone);
