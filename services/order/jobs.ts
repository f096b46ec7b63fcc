import { defineQueue, type Queue } from "../../lib/jobs/index.ts";

/** What every job of an order carries. */
export interface OrderJob {
  orderId: string;
}

const untilDone = { retryLimit: 100, retryDelay: 2, retryBackoff: true, retryDelayMax: 300 };

/** Buys the label of a paid order and tells the customer. */
export const fulfillQueue = defineQueue<OrderJob>("order.fulfill", untilDone);

/** What the undo of an order, or of one payment of it, carries. */
export interface UndoJob extends OrderJob {
  /** The payment whose money goes back, when that is what the customer is told. */
  paymentId?: string;
}

/** Gives back what a canceled or expired order held: stock and money. */
export const undoQueue = defineQueue<UndoJob>("order.undo", untilDone);

/** Which checkout came to nothing. */
export interface CheckoutJob extends OrderJob {
  cartId: string;
}

/** Gives back what a checkout took that came to nothing: what it redeemed, and its hold. */
export const undoCheckoutQueue = defineQueue<CheckoutJob>("order.undo-checkout", untilDone);

/** Which refund of a part of an order is to be finished. */
export interface RefundJob extends OrderJob {
  refundId: string;
}

/** Gives back the money of a part of an order when the call that was to do it died. */
export const refundQueue = defineQueue<RefundJob>("order.refund", untilDone);

/** Of an order that stands still: it waits for its payment, or it is paid. */
export type ConfirmationNews = "PLACED" | "PAID";

/** What a customer is told while the order goes on as it is. */
export type TellJob = OrderJob &
  (
    | { news: "REFUNDED"; paymentId: string; refundIds: string[] }
    | { news: "SHIPPED" | "DELIVERED"; shipmentId: string }
    | { news: ConfirmationNews }
  );

/** Tells the customer of money that goes back for a part of an order, of its parcels, and of an order that stands still. */
export const tellQueue = defineQueue<TellJob>("order.tell", untilDone);

/** Which payment's instructions are to be told. */
export interface InstructJob extends OrderJob {
  paymentId: string;
}

/** Tells the customer where to transfer the money. */
export const instructQueue = defineQueue<InstructJob>("order.instruct", untilDone);

/** All queues of orders. */
export const orderQueues: readonly Queue<never>[] = [
  fulfillQueue,
  undoQueue,
  instructQueue,
  undoCheckoutQueue,
  refundQueue,
  tellQueue,
];
