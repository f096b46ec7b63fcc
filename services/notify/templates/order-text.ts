import { link } from "./html.ts";
import {
  addressLines,
  amountOf,
  headlineOf,
  type OrderNews,
  pickUpWords,
  sumsOf,
  transferFacts,
  transferOf,
} from "./order-news.ts";

/** The e-mail about an order as plain text: all that the HTML says. Errors: MoneyError. */
export function orderText(news: OrderNews): string {
  const { shopName, order } = news;
  const { title, lead } = headlineOf(news);
  const transfer = transferOf(news);
  const address = addressLines(order.shippingAddress);
  const blocks = [
    [title, "", lead],
    order.cancelReason === "" ? [] : [`Reason: ${order.cancelReason}`],
    transfer === undefined ? [] : transferFacts(transfer, order.total).map(factLine),
    facts([
      [order.carrier || "Carrier", order.trackingNumber],
      ["Track your parcel", link(order.trackingUrl) ?? ""],
      ["Shipping label (PDF)", link(order.labelUrl) ?? ""],
    ]),
    order.lines.map((line) => `${line.quantity} x ${line.title}: ${amountOf(line.total)}`),
    sumsOf(order).map(({ name, amount }) => `${name}: ${amount}`),
    order.pickUp ? [pickUpWords] : address.length === 0 ? [] : ["Goes to:", ...address],
    [`Order ${order.orderId}`, shopName],
  ];
  const text = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${text.join("\n\n")}\n`;
}

function facts(facts: [string, string][]): string[] {
  return facts.filter(([, value]) => value !== "").map(factLine);
}

function factLine([name, value]: [string, string]): string {
  return `${name}: ${value}`;
}
