import type { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { isErased, type Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { orderSummary } from "./summary.ts";

/** What an order's customer is told, and under which key: once, however often it is tried. */
export interface News {
  eventKey: string;
  kind: OrderEventKind;
  /** It is no longer true: what was not sent yet is not sent. */
  withdraw?: boolean;
}

/** Tells the customer of an order, unless the customer was erased, or never said how to be reached. */
export async function tellCustomer(
  { notify }: Pick<OrderDeps, "notify">,
  order: Order,
  news: News,
): Promise<void> {
  const { contact } = order;
  if (contact === null || isErased(order)) return;
  await notify.notifyOrder({ ...news, contact, order: orderSummary(order) });
}
