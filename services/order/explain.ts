/** What the parts of the shop know of one order, as entries of its timeline. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import { Cart_State } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { Reservation_State } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { Channel, Message_State } from "../../gen/rowlock/notify/v1/notify_pb.js";
import {
  TimelineEntry_Source as Source,
  type TimelineEntry,
  type TimelineEntry_Source,
  TimelineEntrySchema,
} from "../../gen/rowlock/order/v1/order_pb.js";
import { Dispute_Status, type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { Shipment_State } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { type WebhookEvent, WebhookEvent_State } from "../../gen/rowlock/type/v1/webhook_pb.js";
import type { JobRecord } from "../../lib/jobs/index.ts";
import type { Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import type { EventRow } from "./store-event.ts";

interface Fact {
  time: Timestamp | Date | null | undefined;
  source: TimelineEntry_Source;
  kind: string;
  subject: string;
  data?: Record<string, string>;
}

/** Facts that have a time, as entries; empty data is left out. */
function entries(facts: readonly Fact[]): TimelineEntry[] {
  return facts.flatMap(({ time, data = {}, ...fact }) => {
    if (time === undefined || time === null) return [];
    const known = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== ""));
    const at = time instanceof Date ? timestampFromDate(time) : time;
    const init: MessageInitShape<typeof TimelineEntrySchema> = { ...fact, time: at, data: known };
    return [create(TimelineEntrySchema, init)];
  });
}

/** The order's own events. */
export function ofEvents(order: Order, rows: readonly EventRow[]): TimelineEntry[] {
  return entries(
    rows.map(({ kind, data, createTime }) => ({
      time: createTime,
      source: Source.ORDER,
      kind,
      subject: data["payment_id"] ?? order.id,
      data,
    })),
  );
}

/** The money that was given back for parts of it. */
export function ofRefunds({ refunds, currencyCode }: Order): TimelineEntry[] {
  return entries(
    refunds.map(({ id: subject, items, shipping, amount, reason, state, createTime }) => ({
      time: new Date(createTime),
      source: Source.ORDER,
      kind: "refund",
      subject,
      data: {
        items: items.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(", "),
        shipping: shipping ? "true" : "",
        amount: `${amount} ${currencyCode}`,
        reason,
        state,
      },
    })),
  );
}

/** What it uses of promotions, and when that was given back. */
export async function ofRedemption(
  { promotions }: OrderDeps,
  { id: subject }: Order,
  call: CallOptions,
): Promise<TimelineEntry[]> {
  const { redemptions } = await promotions.listRedemptions({ orderId: subject }, call);
  const source = Source.ORDER;
  return entries(
    redemptions.flatMap((redemption): Fact[] => {
      const uses = redemption.promotions.map(({ promotionId, code }) => `${promotionId} ${code}`.trim());
      const data = { promotions: uses.join(", ") };
      return [
        { time: redemption.redeemTime, source, kind: "redeemed", subject, data },
        { time: redemption.releaseTime, source, kind: "released", subject, data },
      ];
    }),
  );
}

/** The jobs of the order. */
export function ofJobs(jobs: readonly JobRecord[]): TimelineEntry[] {
  return entries(
    jobs.flatMap(({ id: subject, queue, state, attempts, error, createTime, dueTime, endTime }): Fact[] => {
      const due = endTime === null ? dueTime.toISOString() : "";
      const data = { queue, state, attempts: String(attempts), error, due };
      return [
        { time: createTime, source: Source.JOB, kind: "enqueued", subject, data },
        { time: endTime, source: Source.JOB, kind: state, subject, data: { queue } },
      ];
    }),
  );
}

/** The cart it was made of. */
export async function ofCart(
  { carts }: OrderDeps,
  { cartId: subject }: Order,
  call: CallOptions,
): Promise<TimelineEntry[]> {
  const cart = await carts.getCart({ cartId: subject }, call);
  const source = Source.CART;
  const kind = Cart_State[cart.state].toLowerCase();
  return entries([
    { time: cart.createTime, source, kind: "created", subject },
    ...(cart.state === Cart_State.OPEN
      ? []
      : [{ time: cart.updateTime, source, kind, subject, data: { order_id: cart.orderId } }]),
  ]);
}

/** One of its reservations. */
export async function ofReservation(
  { inventory }: OrderDeps,
  reservationId: string,
  call: CallOptions,
): Promise<TimelineEntry[]> {
  const held = await inventory.getReservation({ reservationId }, call);
  const data = {
    state: Reservation_State[held.state],
    lines: held.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(", "),
    until: held.expireTime === undefined ? "" : timestampDate(held.expireTime).toISOString(),
  };
  return entries([
    { time: held.createTime, source: Source.INVENTORY, kind: "held", subject: reservationId, data },
  ]);
}

/** Its payment attempts and their refunds. */
export function ofPayments(payments: readonly Payment[]): TimelineEntry[] {
  const source = Source.PAYMENT;
  return entries(
    payments.flatMap((payment): Fact[] => {
      const { id: subject, amount, method, providerId, createTime, updateTime, declineCode } = payment;
      const paid = `${amount?.amount ?? 0n} ${amount?.currencyCode ?? ""}`;
      const kind = Payment_State[payment.state].toLowerCase();
      return [
        {
          time: createTime,
          source,
          kind: "started",
          subject,
          data: { method, amount: paid, provider_id: providerId },
        },
        { time: updateTime, source, kind, subject, data: { decline_code: declineCode } },
        ...payment.disputes.map((dispute) => ({
          time: dispute.createTime,
          source,
          kind: "disputed",
          subject: dispute.id,
          data: {
            payment_id: subject,
            provider_id: dispute.providerId,
            amount: `${dispute.amount?.amount ?? 0n} ${dispute.amount?.currencyCode ?? ""}`,
            reason: dispute.reason,
            status: Dispute_Status[dispute.status],
          },
        })),
        ...payment.refunds.map(({ id, amount: back, reason, completed, createTime: time }) => ({
          time,
          source,
          kind: "refund",
          subject: id,
          data: {
            payment_id: subject,
            amount: `${back?.amount ?? 0n} ${back?.currencyCode ?? ""}`,
            reason,
            completed: String(completed),
          },
        })),
      ];
    }),
  );
}

/** What providers told of an object of theirs. */
export function ofWebhooks(events: readonly WebhookEvent[]): TimelineEntry[] {
  const source = Source.WEBHOOK;
  return entries(
    events.flatMap(({ subject, provider, type, state, attempts, deliveries, error, ...times }) => {
      const data = {
        provider,
        type,
        state: WebhookEvent_State[state],
        attempts: String(attempts),
        deliveries: String(deliveries),
        error,
      };
      return [
        { time: times.receiveTime, source, kind: "received", subject, data },
        { time: times.applyTime, source, kind: "applied", subject, data: { provider, type } },
      ];
    }),
  );
}

/** Its shipments and labels, and the carriers' numbers of the parcels. */
export async function ofShipments(
  { shipping }: OrderDeps,
  { id: orderId, pickUp }: Order,
  call: CallOptions,
): Promise<{ entries: TimelineEntry[]; trackingNumbers: string[] }> {
  // Nothing is shipped of what the buyer fetches.
  if (pickUp) return { entries: [], trackingNumbers: [] };
  const source = Source.SHIPPING;
  const { shipments } = await shipping.listShipments({ orderId, pageSize: 200 }, call);
  const facts = shipments.flatMap(
    ({ id: subject, state, trackingNumber, labelUrl, createTime, updateTime }) => {
      const rated: Fact = { time: createTime, source, kind: "rated", subject };
      if (state === Shipment_State.RATED) return [rated];
      const data = { tracking_number: trackingNumber, label_url: labelUrl };
      return [rated, { time: updateTime, source, kind: Shipment_State[state].toLowerCase(), subject, data }];
    },
  );
  const numbers = shipments.map(({ trackingNumber }) => trackingNumber).filter((each) => each !== "");
  return { entries: entries(facts), trackingNumbers: numbers };
}

/** Messages about it, and the ids by which their providers know them. */
export async function ofMessages(
  { notify }: OrderDeps,
  { id: orderId }: Order,
  call: CallOptions,
): Promise<{ entries: TimelineEntry[]; providerIds: string[] }> {
  const source = Source.NOTIFY;
  const { messages } = await notify.listMessages({ orderId, pageSize: 200 }, call);
  const facts = messages.flatMap(({ id: subject, channel, state, eventKey, error, ...message }) => {
    const data = { channel: Channel[channel], event_key: eventKey };
    const kind = Message_State[state].toLowerCase();
    return [
      { time: message.createTime, source, kind: "asked", subject, data: { ...data, state: kind, error } },
      { time: message.sendTime, source, kind: "sent", subject, data },
    ];
  });
  const providerIds = messages.map(({ providerId }) => providerId).filter((id) => id !== "");
  return { entries: entries(facts), providerIds };
}
