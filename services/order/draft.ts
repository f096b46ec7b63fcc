import {
  type FreezeCartResponse,
  type FrozenPackage,
  Notice_Kind,
} from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { PlaceOrderRequest } from "../../gen/rowlock/order/v1/order_pb.js";
import type { Shipment } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type {
  Address as AddressMessage,
  Contact as ContactMessage,
} from "../../gen/rowlock/type/v1/address_pb.js";
import type { Address, Contact, OrderLine, ShippingMethod } from "./order.ts";
import { fail } from "./reasons.ts";
import { type ShippedItem, shippedItems } from "./shipped-items.ts";

/** What an order will be made of, taken from its frozen cart. */
export interface Draft {
  owner: string;
  channel: string;
  metadata: Record<string, string>;
  pickUp: boolean;
  currencyCode: string;
  /** Without discounts and taxes. */
  lines: OrderLine[];
  /** The codes that the buyer has given. */
  codes: string[];
  /** SKUs whose price is another than when the buyer put them into the cart. */
  repriced: string[];
  /** Null only for a pick-up. */
  contact: Contact | null;
  /** Null only for a pick-up. */
  shippingAddress: Address | null;
  /** What a shipment of it holds. */
  items: ShippedItem[];
}

/**
 * Reads a frozen cart. The request's contact and address win over the cart's.
 *
 * @throws DELIVERY_MISSING, TOTAL_CHANGED.
 */
export function draftOrder(frozen: FreezeCartResponse, request: PlaceOrderRequest): Draft {
  const { cart } = frozen;
  if (cart === undefined) throw new Error("a frozen cart has no cart");
  const { pickUp } = request;
  const contact = request.contact ?? cart.contact;
  if (contact === undefined && !pickUp) throw fail("DELIVERY_MISSING", { missing: "contact" });
  const address = request.shippingAddress ?? cart.shippingAddress;
  if (address === undefined && !pickUp) throw fail("DELIVERY_MISSING", { missing: "shipping_address" });
  const itemTotal = cart.itemTotal?.amount ?? 0n;
  const expected = request.expectedItemTotal;
  if (
    expected !== undefined &&
    (expected.amount !== itemTotal || expected.currencyCode !== cart.currencyCode)
  ) {
    throw fail("TOTAL_CHANGED", {
      item_total: String(itemTotal),
      currency_code: cart.currencyCode,
      expected_item_total: `${expected.amount} ${expected.currencyCode}`,
    });
  }
  const known = new Map(frozen.packages.map((each) => [each.sku, each]));
  const lines = cart.lines.map((line) => ({
    sku: line.sku,
    productId: line.productId,
    title: line.title,
    variantTitle: line.variantTitle,
    quantity: Number(line.quantity),
    unitPrice: Number(line.unitPrice?.amount ?? 0n),
    total: Number(line.total?.amount ?? 0n),
    ...(line.categoryIds.length > 0 && { categoryIds: [...line.categoryIds] }),
    ...(line.taxCategory !== "" && { taxCategory: line.taxCategory }),
    ...customsOf(known.get(line.sku)),
  }));
  return {
    owner: frozen.owner,
    channel: cart.channel,
    metadata: { ...cart.metadata },
    pickUp,
    currencyCode: cart.currencyCode,
    lines,
    codes: cart.coupons.map(({ code }) => code),
    repriced: cart.lines.flatMap(({ sku, notices }) =>
      notices.some(({ kind }) => kind === Notice_Kind.PRICE_CHANGED) ? [sku] : [],
    ),
    contact: contact === undefined ? null : plainContact(contact),
    shippingAddress: address === undefined ? null : plainAddress(address),
    items: shippedItems(lines, frozen.packages),
  };
}

/** What the catalog knows for customs. */
function customsOf({
  originCountryCode = "",
  tariffNumber = "",
}: Partial<FrozenPackage> = {}): Pick<OrderLine, "originCountryCode" | "tariffNumber"> {
  return {
    ...(originCountryCode !== "" && { originCountryCode }),
    ...(tariffNumber !== "" && { tariffNumber }),
  };
}

function plainContact({ email, phone, smsOptIn, language }: ContactMessage): Contact {
  return {
    email,
    phone,
    ...(smsOptIn !== undefined && { smsOptIn }),
    ...(language !== "" && { language }),
  };
}

function plainAddress(address: AddressMessage): Address {
  const { name, line1, line2, city, state, postalCode, countryCode } = address;
  return { name, line1, line2, city, state, postalCode, countryCode };
}

/** The ways in which a shipment can go, as its order offers them. */
export function shippingMethodsOf(shipment: Shipment): ShippingMethod[] {
  return shipment.rates.map((rate) => ({
    id: rate.id,
    carrier: rate.carrier,
    service: rate.service,
    price: Number(rate.price?.amount ?? 0n),
    estimatedDays: rate.estimatedDays,
    attributes: [...rate.attributes],
  }));
}
