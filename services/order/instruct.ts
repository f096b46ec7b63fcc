import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { getExisting } from "./access.ts";
import type { OrderJob } from "./jobs.ts";
import type { OrderDeps } from "./service.ts";
import { orderSummary } from "./summary.ts";

/** Tells the customer where to transfer the money, unless it is no longer waited for. */
export async function instructBuyer({ db, notify }: OrderDeps, { orderId }: OrderJob): Promise<void> {
  const order = await getExisting(db, orderId);
  if (order.paymentState !== "AWAITING_TRANSFER") return;
  await notify.notifyOrder({
    eventKey: `${orderId}:instructions:${order.paymentId}`,
    kind: OrderEventKind.PAYMENT_INSTRUCTIONS,
    contact: order.contact,
    order: orderSummary(order),
  });
}
