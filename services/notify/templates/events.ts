import { OrderEventKind, StockEventKind } from "../../../gen/rowlock/notify/v1/notify_pb.js";

/** The template of each kind of news of an order. */
export const orderTemplates = {
  [OrderEventKind.PLACED]: "order.placed",
  [OrderEventKind.PAID]: "order.paid",
  [OrderEventKind.PAYMENT_INSTRUCTIONS]: "order.payment_instructions",
  [OrderEventKind.FULFILLED]: "order.fulfilled",
  [OrderEventKind.SHIPPED]: "order.shipped",
  [OrderEventKind.DELIVERED]: "order.delivered",
  [OrderEventKind.CANCELED]: "order.canceled",
  [OrderEventKind.EXPIRED]: "order.expired",
  [OrderEventKind.REFUNDED]: "order.refunded",
} as const satisfies Record<Exclude<OrderEventKind, OrderEventKind.UNSPECIFIED>, string>;

/** The template of each kind of news of stock. */
export const stockTemplates = {
  [StockEventKind.LOW]: "stock.low",
  [StockEventKind.BACK]: "stock.back",
} as const satisfies Record<Exclude<StockEventKind, StockEventKind.UNSPECIFIED>, string>;

export type OrderTemplate = (typeof orderTemplates)[keyof typeof orderTemplates];
export type StockTemplate = (typeof stockTemplates)[keyof typeof stockTemplates];

/** What a template is for. */
export type TemplateEvent = OrderTemplate | StockTemplate;

/** All of them. */
export const templateEvents: readonly TemplateEvent[] = [
  ...Object.values(orderTemplates),
  ...Object.values(stockTemplates),
];

/** The event of this name. */
export function eventNamed(name: string): TemplateEvent | undefined {
  return templateEvents.find((event) => event === name);
}

/** The template for news of an order. @throws TypeError for no kind */
export function orderTemplateOf(kind: OrderEventKind): OrderTemplate {
  if (kind === OrderEventKind.UNSPECIFIED) throw new TypeError("there is no message about nothing");
  return orderTemplates[kind];
}

/** The template for news of stock. @throws TypeError for no kind */
export function stockTemplateOf(kind: StockEventKind): StockTemplate {
  if (kind === StockEventKind.UNSPECIFIED) throw new TypeError("there is no message about nothing");
  return stockTemplates[kind];
}
