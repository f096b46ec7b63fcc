import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  OrderEventKind,
  OrderSummarySchema,
  StockEventKind,
} from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { isOrder } from "./defaults.ts";
import { orderTemplates, stockTemplates, type TemplateEvent } from "./events.ts";
import type { Variables } from "./liquid.ts";
import { type Manner, orderVariables, stockVariables } from "./view.ts";

type Summary = MessageInitShape<typeof OrderSummarySchema>;

const usd = (amount: bigint) => ({ currencyCode: "USD", amount });

const order = {
  orderId: "ord_01k9sample",
  lines: [
    { title: "Linen Shirt – blue, M", quantity: 2n, total: usd(7980n) },
    { title: "Ceramic Mug", quantity: 1n, total: usd(1450n) },
  ],
  itemTotal: usd(9430n),
  itemDiscount: usd(943n),
  shippingTotal: usd(590n),
  shippingDiscount: usd(590n),
  taxTotal: usd(500n),
  includedTaxTotal: usd(420n),
  total: usd(8567n),
  shippingAddress: {
    name: "Ada Lovelace",
    line1: "965 Mission St",
    line2: "Apt 4",
    city: "San Francisco",
    state: "CA",
    postalCode: "94103",
    countryCode: "US",
  },
} satisfies Summary;

const parcel = {
  carrier: "USPS",
  trackingNumber: "9205590164917312751089",
  trackingUrl: "https://tools.usps.com/go/TrackConfirmAction?tLabels=9205590164917312751089",
} satisfies Summary;

/** Two parcels, and what is in each. */
const parcels = { parcels: order.lines.map((line) => ({ ...parcel, lines: [line] })) } satisfies Summary;

const label = { labelUrl: "https://example.com/label.pdf" } satisfies Summary;

const transfer = {
  transfer: {
    bank: "BCA_VA",
    accountNumber: "8808123456789012",
    reference: "ORD-7K2M",
    deadline: timestampFromDate(new Date("2026-10-07T14:00:00Z")),
  },
} satisfies Summary;

const hold = { holdExpireTime: timestampFromDate(new Date("2026-10-07T14:00:00Z")) } satisfies Summary;
const cancelReason = { cancelReason: "Changed my mind" } satisfies Summary;
const refunded = { refunded: usd(1450n) } satisfies Summary;

/** What an order has besides when something happens to it. */
const besides: Readonly<Record<keyof typeof orderTemplates, object>> = {
  [OrderEventKind.PLACED]: hold,
  [OrderEventKind.PAID]: {},
  [OrderEventKind.PAYMENT_INSTRUCTIONS]: transfer,
  [OrderEventKind.FULFILLED]: { ...parcel, ...label },
  [OrderEventKind.SHIPPED]: parcel,
  [OrderEventKind.DELIVERED]: parcel,
  [OrderEventKind.CANCELED]: cancelReason,
  [OrderEventKind.EXPIRED]: transfer,
  [OrderEventKind.REFUNDED]: refunded,
};

const items = [
  { sku: "SHIRT-BLUE-M", title: "Linen Shirt – blue, M", available: 3n, threshold: 5n },
  { sku: "MUG", title: "", available: 0n, threshold: 2n },
];

const unsubscribeUrl = "https://example.com/v1/unsubscribe/token";

/** Staff hear of the stock as long as they are staff; who waited for goods can stop it. */
const stop = (event: TemplateEvent) => (event === "stock.back" ? { unsubscribeUrl } : {});

/** What a message of the event may be about, as its recipient would see it. */
export function sampleOf(event: TemplateEvent, manner: Manner): Variables {
  if (!isOrder(event))
    return stockVariables({ kind: stockKindOf(event), items: items.slice(0, 1), ...stop(event) }, manner);
  const kind = orderKindOf(event);
  return orderVariables({ kind, order: create(OrderSummarySchema, { ...order, ...besides[kind] }) }, manner);
}

/** All that templates of the event can ever read: nothing in it is null. */
export function everythingOf(event: TemplateEvent, manner: Manner): Variables {
  if (!isOrder(event)) return stockVariables({ kind: StockEventKind.LOW, items, unsubscribeUrl }, manner);
  const full = { ...order, ...parcel, ...label, ...transfer, ...cancelReason, ...refunded, ...hold };
  const kind = OrderEventKind.PAYMENT_INSTRUCTIONS;
  const orderUrl = manner.orderUrl || "https://example.com/orders/{order_id}";
  return orderVariables({ kind, order: create(OrderSummarySchema, full) }, { ...manner, orderUrl });
}

/** What a template must get along with: much, little, and the unusual. */
export function trialsOf(event: TemplateEvent, manner: Manner): Variables[] {
  const usual = [sampleOf(event, manner), everythingOf(event, manner)];
  if (!isOrder(event)) {
    return [...usual, stockVariables({ kind: stockKindOf(event), items }, manner)];
  }
  const kind = orderKindOf(event);
  const unusual: object[] = [
    { orderId: "ord_1" },
    { ...order, pickUp: true, total: usd(0n) },
    { ...order, ...parcels },
  ];
  return [
    ...usual,
    ...unusual.map((each) => orderVariables({ kind, order: create(OrderSummarySchema, each) }, manner)),
  ];
}

/** The kind of news that an event of an order is. */
export function orderKindOf(event: TemplateEvent): keyof typeof orderTemplates {
  return kindOf(orderTemplates, event);
}

function stockKindOf(event: TemplateEvent): keyof typeof stockTemplates {
  return kindOf(stockTemplates, event);
}

function kindOf<Kind extends number>(
  templates: Readonly<Record<Kind, TemplateEvent>>,
  event: TemplateEvent,
): Kind {
  const kinds = Object.keys(templates).map(Number) as Kind[];
  const kind = kinds.find((each) => templates[each] === event);
  if (kind === undefined) throw new TypeError(`there is no sample of ${event}`);
  return kind;
}
