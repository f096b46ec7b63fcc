import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  type Order as LegacyOrder,
  type OrderItemSchema,
  OrderSchema,
  type StatusTransitionsSchema,
} from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { type Message, Message_State } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { type Order, Order_State, type OrderEvent } from "../../gen/rowlock/order/v1/order_pb.js";
import { serviceName } from "./parcel.ts";
import { unixSeconds } from "./unix-seconds.ts";

type Item = MessageInitShape<typeof OrderItemSchema>;

/** An order as this API shows it. */
export function toOrder(
  order: Order,
  { shipmentId, events }: { shipmentId: string; events: readonly OrderEvent[] },
): LegacyOrder {
  const { contact, shippingAddress: to, fulfillment } = order;
  const currency = order.currencyCode.toLowerCase();
  return create(OrderSchema, {
    id: order.id,
    object: "order",
    amount: order.total?.amount ?? 0n,
    currency,
    email: contact?.email ?? "",
    items: itemsOf(order).map((item) => ({ ...item, currency })),
    selectedShippingMethod: order.shippingMethodId,
    shipping: {
      address: {
        line1: to?.line1 ?? "",
        line2: to?.line2 ?? "",
        city: to?.city ?? "",
        state: to?.state ?? "",
        country: to?.countryCode ?? "",
        postalCode: to?.postalCode ?? "",
      },
      name: to?.name ?? "",
      phone: contact?.phone ?? "",
      carrier: fulfillment?.carrier ?? "",
      trackingNumber: fulfillment?.trackingNumber ?? "",
    },
    shippingMethods: order.shippingMethods.map((method) => ({
      id: method.id,
      amount: method.price?.amount ?? 0n,
      currency,
      ...(method.estimatedDays > 0 && {
        deliveryEstimate: { type: "exact", date: dayAfter(order, method.estimatedDays) },
      }),
      description: serviceName(method),
    })),
    status: statusOf(order.state),
    statusTransitions: transitionsOf(events),
    created: unixSeconds(order.createTime),
    updated: unixSeconds(order.updateTime),
    upstreamId: shipmentId,
  });
}

/** The lines of an order; their amounts come to its total. */
function itemsOf(order: Order): Item[] {
  const goods = order.lines.map(({ sku, title, variantTitle, total, quantity }) => ({
    type: "sku",
    parent: sku,
    description: variantTitle === "" ? title : `${title}, ${variantTitle}`,
    amount: total?.amount ?? 0n,
    quantity,
  }));
  const added = (order.taxTotal?.amount ?? 0n) - (order.includedTaxTotal?.amount ?? 0n);
  const chosen = order.shippingMethods.find(({ id }) => id === order.shippingMethodId);
  return [
    ...goods,
    ...discountsOf(order),
    { type: "tax", description: added === 0n ? "Taxes (included)" : "Taxes", amount: added },
    {
      type: "shipping",
      parent: order.shippingMethodId,
      description: chosen === undefined ? "Shipping" : serviceName(chosen),
      amount: order.shippingTotal?.amount ?? 0n,
    },
  ];
}

/** What promotions take off, one line for each. */
function discountsOf({ lines, shippingDiscounts }: Order): Item[] {
  const byPromotion = new Map<string, { title: string; amount: bigint }>();
  for (const { promotionId, title, amount } of [
    ...lines.flatMap(({ discounts }) => discounts),
    ...shippingDiscounts,
  ]) {
    const before = byPromotion.get(promotionId)?.amount ?? 0n;
    byPromotion.set(promotionId, { title, amount: before + (amount?.amount ?? 0n) });
  }
  return [...byPromotion.values()].map(({ title, amount }) => ({
    type: "discount",
    description: title,
    amount: -amount,
  }));
}

/** In this API an order stays `paid` when its label is there. */
function statusOf(state: Order_State): string {
  switch (state) {
    case Order_State.PENDING_PAYMENT:
      return "created";
    case Order_State.PAID:
    case Order_State.FULFILLED:
      return "paid";
    case Order_State.CANCELED:
    case Order_State.EXPIRED:
      return "canceled";
    case Order_State.UNSPECIFIED:
      return "";
    default:
      return state satisfies never;
  }
}

const transitionOf: Readonly<Record<string, "canceled" | "fulfiled" | "paid" | "returned">> = {
  paid: "paid",
  fulfilled: "fulfiled",
  canceled: "canceled",
  expired: "canceled",
  refunded: "returned",
};

function transitionsOf(events: readonly OrderEvent[]): MessageInitShape<typeof StatusTransitionsSchema> {
  const transitions: Partial<Record<"canceled" | "fulfiled" | "paid" | "returned", bigint>> = {};
  for (const { kind, createTime } of events) {
    const name = transitionOf[kind];
    if (name !== undefined) transitions[name] = unixSeconds(createTime);
  }
  return transitions;
}

function dayAfter({ createTime }: Order, days: number): string {
  const day = createTime === undefined ? new Date(0) : timestampDate(createTime);
  return new Date(day.getTime() + days * 86_400_000).toISOString().slice(0, 10);
}

/** The status code of a message: taken by the provider, not to be sent any more, or still to be. */
export function statusCodeOf(message: Pick<Message, "state"> | undefined): string {
  const state = message?.state ?? Message_State.UNSPECIFIED;
  switch (state) {
    case Message_State.SENT:
    case Message_State.DELIVERED:
    case Message_State.UNDELIVERED:
      return "202";
    case Message_State.REFUSED:
    case Message_State.SUPPRESSED:
    case Message_State.FAILED:
      return "400";
    case Message_State.PENDING:
    case Message_State.UNSPECIFIED:
      return "102";
    default:
      return state satisfies never;
  }
}
