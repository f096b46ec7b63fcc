import { timestampDate } from "@bufbuild/protobuf/wkt";
import { OrderEventKind, type OrderSummary } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { link } from "./html.ts";
import { amountOf, momentOf, type OrderNews, refundedOf } from "./order-news.ts";

/** The longest text that Twilio takes. */
const maxLength = 1600;

/** The text message about an order: what matters now, in one or two parts of 160 characters. Errors: MoneyError. */
export function orderSms({ shopName, kind, order }: OrderNews): string {
  const text = `${shopName}: ${wordsOf(kind, order)}`.replace(/[\p{Cc}\s]+/gu, " ").trim();
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 3)}...`;
}

function wordsOf(kind: OrderEventKind, order: OrderSummary): string {
  const id = order.orderId;
  switch (kind) {
    case OrderEventKind.PAYMENT_INSTRUCTIONS:
      return `please transfer ${amountOf(order.total) || "the amount"} for order ${id}${transferWords(order)}`;
    case OrderEventKind.FULFILLED:
      return order.pickUp
        ? `order ${id} is ready: you can pick it up.`
        : `order ${id} is on its way${parcelWords(order)}`;
    case OrderEventKind.CANCELED:
      return `order ${id} was canceled.${order.cancelReason && ` Reason: ${order.cancelReason}`}`;
    case OrderEventKind.EXPIRED:
      return `order ${id} has expired: we received no payment in time.${order.transfer === undefined ? "" : " Please do not transfer the money any more."}`;
    case OrderEventKind.REFUNDED:
      return `${amountOf(refundedOf(order)) || "the money"} for order ${id} was given back. Your bank may take some days to show it.`;
    case OrderEventKind.SHIPPED:
      return `a parcel of order ${id} was sent${parcelWords(order)}`;
    case OrderEventKind.DELIVERED:
      return `a parcel of order ${id} has arrived.`;
    case OrderEventKind.UNSPECIFIED:
      throw new TypeError("there is no message about nothing");
    default:
      throw new TypeError(`no words for news of kind ${String(kind satisfies never)}`);
  }
}

function transferWords({ transfer }: OrderSummary): string {
  if (transfer === undefined) return ". Your e-mail says how.";
  const { bank, accountNumber, reference, deadline } = transfer;
  const to = [bank.replaceAll("_", " "), accountNumber].filter(Boolean).join(" ");
  const before = deadline === undefined ? "" : ` before ${momentOf(timestampDate(deadline))}`;
  return `${to && ` to ${to}`}${reference && `, reference ${reference}`}${before}.`;
}

function parcelWords({ carrier, trackingNumber, trackingUrl }: OrderSummary): string {
  const by = [carrier, trackingNumber].filter(Boolean).join(" ");
  const page = link(trackingUrl);
  return `${by && ` with ${by}`}${page === undefined ? "." : `: ${page}`}`;
}
