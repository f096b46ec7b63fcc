import type { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { Money } from "../../gen/rowlock/type/v1/money_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { type Fulfillment, isErased, type Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { orderSummary } from "./summary.ts";

/** What an order's customer is told, and under which key: once, however often it is tried. */
export interface News {
  eventKey: string;
  kind: OrderEventKind;
  /** It is no longer true: what was not sent yet is not sent. */
  withdraw?: boolean;
  /** What was given back. */
  refunded?: Money | undefined;
  /** Of which of its parcels; of all when not given. */
  parcel?: Fulfillment;
}

/**
 * Tells the customer of an order, unless the customer was erased, or never said how to be reached. What a provider will
 * never take is done with: staff see it among the messages.
 */
export async function tellCustomer(
  { notify }: Pick<OrderDeps, "notify">,
  order: Order,
  { refunded, parcel, ...news }: News,
): Promise<void> {
  const { contact } = order;
  if (contact === null || isErased(order)) return;
  const summary = { ...orderSummary(order, parcel), ...(refunded !== undefined && { refunded }) };
  try {
    await notify.notifyOrder({ ...news, contact, order: summary });
  } catch (err) {
    if (reasonOf(err) !== "MESSAGE_REFUSED") throw err;
  }
}
