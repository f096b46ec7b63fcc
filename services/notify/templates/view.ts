import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  type NotifyStockRequest_Item,
  OrderEventKind,
  type OrderSummary,
  type OrderSummary_Line,
  type OrderSummary_Transfer,
  StockEventKind,
} from "../../../gen/rowlock/notify/v1/notify_pb.js";
import type { Address } from "../../../gen/rowlock/type/v1/address_pb.js";
import type { Money } from "../../../gen/rowlock/type/v1/money_pb.js";
import { formatMoney } from "../../../lib/money/money.ts";
import type { Variables } from "./liquid.ts";

/** What a customer is told of an order. */
export interface OrderNews {
  kind: OrderEventKind;
  order: OrderSummary;
}

/** What somebody is told about stock. */
export interface StockNews {
  kind: StockEventKind;
  /** At least one. */
  items: readonly Pick<NotifyStockRequest_Item, "sku" | "title" | "available" | "threshold">[];
  /** Where its reader can stop such news; absent where they cannot. */
  unsubscribeUrl?: string | undefined;
}

/** In which words: the shop's name, and the BCP 47 tag by which amounts and dates are written. */
export interface Manner {
  shopName: string;
  locale: string;
  /** Where the shop's pages show an order, with `{order_id}` for its id; absent: nowhere. */
  orderUrl?: string;
}

/** News of an order that waits for its payment. */
const waiting: ReadonlySet<OrderEventKind> = new Set([
  OrderEventKind.PLACED,
  OrderEventKind.PAYMENT_INSTRUCTIONS,
]);

/** News of money: nobody looks for a parcel in it. */
const lookingBack: ReadonlySet<OrderEventKind> = new Set([
  OrderEventKind.REFUNDED,
  OrderEventKind.CANCELED,
  OrderEventKind.EXPIRED,
]);

/** What the templates of an order's news can say. Errors: MoneyError. */
export function orderVariables(
  { kind, order }: OrderNews,
  { shopName, locale, orderUrl = "" }: Manner,
): Variables {
  const amount = (money: Money | undefined) => (money === undefined ? null : amountOf(money, locale));
  const { taxTotal, includedTaxTotal, transfer, holdExpireTime } = order;
  const added = taxTotal && { ...taxTotal, amount: taxTotal.amount - (includedTaxTotal?.amount ?? 0n) };
  return {
    shop: { name: shopName },
    order: {
      id: order.orderId,
      lines: order.lines.map(({ title, quantity, total }) => ({
        title,
        quantity: String(quantity),
        total: amount(total),
      })),
      item_total: amount(order.itemTotal),
      item_discount: amount(takenOff(order.itemDiscount)),
      shipping_total: order.pickUp ? null : amount(order.shippingTotal),
      shipping_discount: amount(takenOff(order.shippingDiscount)),
      // Those that are not in the prices.
      tax_total: amount(above0(added)),
      included_tax_total: amount(above0(includedTaxTotal)),
      total: amount(order.total),
      // What costs nothing was not paid for.
      free: order.total?.amount === 0n,
      refunded: amount(order.refunded ?? order.total),
      pick_up: order.pickUp,
      address: order.pickUp ? null : addressRows(order.shippingAddress, locale),
      cancel_reason: order.cancelReason || null,
      carrier: order.carrier || null,
      tracking_number: order.trackingNumber || null,
      tracking_url: link(order.trackingUrl),
      label_url: link(order.labelUrl),
      parcels: lookingBack.has(kind) ? [] : parcelsOf(order),
      url: link(orderUrl.replaceAll("{order_id}", encodeURIComponent(order.orderId))),
      held_until:
        holdExpireTime !== undefined && waiting.has(kind)
          ? momentOf(timestampDate(holdExpireTime), locale)
          : null,
      by_transfer: transfer !== undefined,
      // Only as long as the order waits for it: whose money would come too late is not asked for it.
      transfer:
        transfer === undefined || kind !== OrderEventKind.PAYMENT_INSTRUCTIONS
          ? null
          : transferOf(transfer, locale),
    },
  };
}

/** What a buyer writes into the form of their bank. */
function transferOf(
  { bank, accountNumber, bankAccount, reference, deadline }: OrderSummary_Transfer,
  locale: string,
) {
  return {
    bank: bankAccount?.bankName || bank.replaceAll("_", " ") || null,
    holder: bankAccount?.holder || null,
    account_number: accountNumber || null,
    bic: bankAccount?.bic || null,
    bank_code: bankAccount?.bankCode || null,
    branch_code: bankAccount?.branchCode || null,
    account_type: bankAccount?.accountType || null,
    reference: reference || null,
    deadline: deadline ? momentOf(timestampDate(deadline), locale) : null,
  };
}

/** Its parcels, each with its goods unless these are all there are; one that nothing is to be said of is left out. */
function parcelsOf(order: OrderSummary) {
  const units = (lines: readonly OrderSummary_Line[]) =>
    lines.reduce((sum, { quantity }) => sum + quantity, 0n);
  const parcels = order.parcels.length > 0 ? order.parcels : [order];
  return parcels
    .map(({ carrier, trackingNumber, trackingUrl, labelUrl, lines }) => ({
      carrier: carrier || null,
      tracking_number: trackingNumber || null,
      tracking_url: link(trackingUrl),
      label_url: link(labelUrl),
      lines:
        units(lines) < units(order.lines)
          ? lines.map(({ title, quantity }) => ({ title, quantity: String(quantity) }))
          : [],
    }))
    .filter(
      ({ tracking_number, tracking_url, label_url, lines }) =>
        (tracking_number ?? tracking_url ?? label_url) !== null || lines.length > 0,
    );
}

/** What the templates of news of stock can say. */
export function stockVariables({ kind, items, unsubscribeUrl }: StockNews, { shopName }: Manner): Variables {
  const isLow = kind === StockEventKind.LOW;
  return {
    shop: { name: shopName },
    items: items.map(({ sku, title, available, threshold }) => ({
      name: title || sku,
      sku: title === "" ? null : sku,
      available: isLow ? String(available) : null,
      threshold: isLow ? String(threshold) : null,
    })),
    unsubscribe_url: unsubscribeUrl === undefined ? null : link(unsubscribeUrl),
    out: items.every(({ available }) => available === 0n),
  };
}

/** The address when it is an absolute http or https URL; null for all else, such as `javascript:`. */
export function link(url: string): string | null {
  const parsed = URL.parse(url);
  return parsed?.protocol === "https:" || parsed?.protocol === "http:" ? parsed.href : null;
}

function above0(money: Money | undefined): Money | undefined {
  return money !== undefined && money.amount > 0n ? money : undefined;
}

function takenOff(discount: Money | undefined): Money | undefined {
  return above0(discount) && discount && { ...discount, amount: -discount.amount };
}

/** As people write it, with ordinary blanks: the formatter's no-break blanks would double the price of a text message. */
function amountOf(money: Money, locale: string): string {
  return formatMoney(money, locale).replace(/[\u00a0\u202f]/g, " ");
}

/** The lines of an address, none of them empty; null when there are none. */
function addressRows(address: Address | undefined, locale: string): string[] | null {
  if (address === undefined) return null;
  const { name, line1, line2, city, state, postalCode, countryCode } = address;
  const place = [city, [state, postalCode].filter(Boolean).join(" ")].filter(Boolean).join(", ");
  const rows = [name, line1, line2, place, countryOf(countryCode, locale)].filter(Boolean);
  return rows.length === 0 ? null : rows;
}

/** A moment in the one time zone that needs no guess: `October 7, 2026 at 14:00 UTC`. */
function momentOf(date: Date, locale: string): string {
  const format = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: "UTC",
    timeZoneName: "short",
  });
  return format.format(date).replace(/[\u00a0\u202f]/g, " ");
}

function countryOf(code: string, locale: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return code;
  return new Intl.DisplayNames(locale, { type: "region", fallback: "code" }).of(code) ?? code;
}
