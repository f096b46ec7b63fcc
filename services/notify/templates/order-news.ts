import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  OrderEventKind,
  type OrderSummary,
  type OrderSummary_Transfer,
} from "../../../gen/rowlock/notify/v1/notify_pb.js";
import type { Address } from "../../../gen/rowlock/type/v1/address_pb.js";
import type { Money } from "../../../gen/rowlock/type/v1/money_pb.js";
import { formatMoney } from "../../../lib/money/money.ts";

/** What a customer is told. */
export interface OrderNews {
  shopName: string;
  kind: OrderEventKind;
  order: OrderSummary;
}

/** What is said at the top of the e-mail, in every part of it. */
export interface Headline {
  subject: string;
  title: string;
  /** One or two sentences. */
  lead: string;
}

/** How to pay, as long as the order waits for it: whose money would come too late is not asked for it. */
export function transferOf({ kind, order }: OrderNews): OrderSummary_Transfer | undefined {
  return kind === OrderEventKind.PAYMENT_INSTRUCTIONS ? order.transfer : undefined;
}

/** The words for each kind of news. */
export function headlineOf({ kind, order }: OrderNews): Headline {
  const id = order.orderId;
  const total = amountOf(order.total);
  switch (kind) {
    case OrderEventKind.PAYMENT_INSTRUCTIONS:
      return {
        subject: `How to pay for your order ${id}`,
        title: "Thank you for your order",
        lead: `Your items are held for you. Please transfer ${total || "the amount"} as described below; we pack your order as soon as the money is here.`,
      };
    case OrderEventKind.FULFILLED:
      return order.pickUp
        ? {
            subject: `Your order ${id} is ready`,
            title: "Your order is ready",
            lead: `${thanks(order)} Your items wait for you to pick them up.`,
          }
        : {
            subject: `Your order ${id} is on its way`,
            title: "Your order is on its way",
            lead: `${thanks(order)} Your parcel has its label and goes to the carrier now.`,
          };
    case OrderEventKind.CANCELED:
      return {
        subject: `Your order ${id} was canceled`,
        title: "Your order was canceled",
        lead: `We are sorry that it did not work out this time. Nothing of it will be ${order.pickUp ? "kept for you" : "sent"}.`,
      };
    case OrderEventKind.EXPIRED:
      return {
        subject: `Your order ${id} has expired`,
        title: "Your order has expired",
        lead: `We received no payment in time, so the items that we held for you are on sale again. ${order.transfer === undefined ? "" : "Please do not transfer the money any more. "}You are welcome to order once more.`,
      };
    case OrderEventKind.REFUNDED:
      return {
        subject: `A refund for your order ${id}`,
        title: "Your refund is on its way",
        lead: `We have given ${amountOf(refundedOf(order)) || "your money"} back to where it came from. Your bank may take some days to show it.`,
      };
    case OrderEventKind.SHIPPED:
      return {
        subject: `A parcel of your order ${id} was sent`,
        title: "Your parcel was sent",
        lead: `${order.carrier || "The carrier"} has it now and brings it to you.`,
      };
    case OrderEventKind.DELIVERED:
      return {
        subject: `A parcel of your order ${id} has arrived`,
        title: "Your parcel has arrived",
        lead: `${order.carrier || "The carrier"} says that it was delivered. If you do not have it, ask your neighbors first, then us.`,
      };
    case OrderEventKind.UNSPECIFIED:
      throw new TypeError("there is no message about nothing");
    default:
      throw new TypeError(`no words for news of kind ${String(kind satisfies never)}`);
  }
}

/** What was given back. */
export function refundedOf({ refunded, total }: OrderSummary): Money | undefined {
  return refunded ?? total;
}

/** What costs nothing was not paid for. */
function thanks({ total }: OrderSummary): string {
  if (total?.amount === 0n) return "Thank you for your order.";
  return `Thank you, we have received your payment${total === undefined ? "" : ` of ${amountOf(total)}`}.`;
}

/** A line below the items: what they come to. */
export interface Sum {
  name: string;
  amount: string;
  /** `total` is what is paid; a `note` says what is in it. */
  weight?: "total" | "note";
}

/** How the total comes about, and which taxes are in it; of what there is. */
export function sumsOf(order: OrderSummary): Sum[] {
  const { itemTotal, shippingTotal, total, taxTotal, includedTaxTotal } = order;
  const added = above0(
    taxTotal && { ...taxTotal, amount: taxTotal.amount - (includedTaxTotal?.amount ?? 0n) },
  );
  const sums: Sum[] = [
    { name: "Items", amount: amountOf(itemTotal) },
    { name: "Discount", amount: amountOf(takenOff(order.itemDiscount)) },
    { name: "Shipping", amount: order.pickUp ? "" : amountOf(shippingTotal) },
    { name: "Shipping discount", amount: amountOf(takenOff(order.shippingDiscount)) },
    { name: "Taxes", amount: amountOf(added) },
    { name: "Total", amount: amountOf(total), weight: "total" },
    { name: "Included taxes", amount: amountOf(above0(includedTaxTotal)), weight: "note" },
  ];
  return sums.filter(({ amount }) => amount !== "");
}

function above0(money: Money | undefined): Money | undefined {
  return money !== undefined && money.amount > 0n ? money : undefined;
}

function takenOff(discount: Money | undefined): Money | undefined {
  return above0(discount) && discount && { ...discount, amount: -discount.amount };
}

/** The amount as people write it, with ordinary blanks; empty when there is none. Errors: MoneyError. */
export function amountOf(money: Money | undefined): string {
  // The formatter's no-break blanks would double the price of a text message.
  return money === undefined ? "" : formatMoney(money).replace(/[\u00a0\u202f]/g, " ");
}

/** Said in place of an address. */
export const pickUpWords = "You pick your order up.";

/** The lines of an address, none of them empty. */
export function addressLines(address: Address | undefined): string[] {
  if (address === undefined) return [];
  const { name, line1, line2, city, state, postalCode, countryCode } = address;
  const place = [city, [state, postalCode].filter(Boolean).join(" ")].filter(Boolean).join(", ");
  return [name, line1, line2, place, countryOf(countryCode)].filter(Boolean);
}

/** Name and value of each thing that a transfer must say. */
export function transferFacts(transfer: OrderSummary_Transfer, total: Money | undefined): [string, string][] {
  const facts: [string, string][] = [
    ["Amount", amountOf(total)],
    ["Bank", transfer.bank.replaceAll("_", " ")],
    ["Account number", transfer.accountNumber],
    ["Reference", transfer.reference],
    ["Pay before", transfer.deadline === undefined ? "" : momentOf(timestampDate(transfer.deadline))],
  ];
  return facts.filter(([, value]) => value !== "");
}

const moments = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

/** A moment in the one time zone that needs no guess: `7 October 2026 at 14:00 UTC`. */
export function momentOf(date: Date): string {
  return `${moments.format(date)} UTC`;
}

const countries = new Intl.DisplayNames("en", { type: "region", fallback: "code" });

function countryOf(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code;
}
