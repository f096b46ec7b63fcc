import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { getExisting } from "./access.ts";
import { tellConfirmation } from "./confirm.ts";
import type { TellJob } from "./jobs.ts";
import type { Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { parcelOf } from "./shipments.ts";
import { listEvents } from "./store-event.ts";
import { tellCustomer } from "./tell.ts";

/** Tells the customer what a job says; each thing once, however often it runs. */
export async function tellNews(deps: OrderDeps, job: TellJob): Promise<void> {
  const order = await getExisting(deps.db, job.orderId);
  if (job.news === "REFUNDED") {
    const payment = await deps.payments.getPayment({ paymentId: job.paymentId });
    return tellRefunds(deps, { order, payment, refundIds: job.refundIds });
  }
  return "shipmentId" in job ? tellParcel(deps, order, job) : tellConfirmation(deps, order, job.news);
}

/**
 * Tells the customer what of a payment went back: of each refund that is done, or those of them in `refundIds`. A
 * payment that went back at once is one piece of news, known by the payment.
 */
export async function tellRefunds(
  deps: OrderDeps,
  { order, payment, refundIds }: { order: Order; payment: Payment; refundIds?: readonly string[] },
): Promise<void> {
  const kind = OrderEventKind.REFUNDED;
  const done = payment.refunds.filter(({ completed }) => completed);
  if (payment.state === Payment_State.REFUNDED && done.length <= 1) {
    const eventKey = `${order.id}:refunded:${payment.id}`;
    return tellCustomer(deps, order, { eventKey, kind, refunded: done[0]?.amount ?? payment.amount });
  }
  for (const { id, amount: refunded } of done) {
    if (refundIds?.includes(id) === false) continue;
    await tellCustomer(deps, order, { eventKey: `${order.id}:refunded:${id}`, kind, refunded });
  }
}

/** That a parcel was sent is old news once it has arrived. */
async function tellParcel(
  deps: OrderDeps,
  order: Order,
  { news, shipmentId }: Extract<TellJob, { shipmentId: string }>,
): Promise<void> {
  const parcel = parcelOf(await deps.shipping.getShipment({ shipmentId }));
  const shipped = { eventKey: `${order.id}:shipped:${shipmentId}`, kind: OrderEventKind.SHIPPED, parcel };
  if (news === "SHIPPED") {
    const withdraw = await hasArrived(deps, order.id, shipmentId);
    return tellCustomer(deps, order, { ...shipped, withdraw });
  }
  await tellCustomer(deps, order, { ...shipped, withdraw: true });
  const eventKey = `${order.id}:delivered:${shipmentId}`;
  return tellCustomer(deps, order, { eventKey, kind: OrderEventKind.DELIVERED, parcel });
}

async function hasArrived({ db }: OrderDeps, orderId: string, shipmentId: string): Promise<boolean> {
  const events = await listEvents(db, orderId);
  return events.some(({ kind, data }) => kind === "delivered" && data["shipment_id"] === shipmentId);
}
