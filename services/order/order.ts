import type { Discount, Priced, Tax, Totals } from "./totals.ts";

/** States of an order. */
export type OrderState = "PENDING_PAYMENT" | "PAID" | "FULFILLED" | "CANCELED" | "EXPIRED";

/**
 * The transitions: from each state, the states it may move to. Every update
 * that changes a state names its source states from this table.
 */
export const transitions: Readonly<Record<OrderState, readonly OrderState[]>> = {
  PENDING_PAYMENT: ["PAID", "CANCELED", "EXPIRED"],
  PAID: ["FULFILLED", "CANCELED"],
  FULFILLED: [],
  // Only by money that came late and found the goods still there.
  CANCELED: ["PAID"],
  EXPIRED: ["PAID"],
};

/** The states from which an order may move to `to`. */
export function sourcesOf(to: OrderState): OrderState[] {
  return (Object.keys(transitions) as OrderState[]).filter((from) => transitions[from].includes(to));
}

/** States of a payment attempt, as an order sees it. */
export type PaymentAttemptState =
  | "PROCESSING"
  | "REQUIRES_ACTION"
  | "AWAITING_TRANSFER"
  | "CAPTURED"
  | "FAILED"
  | "REFUNDED";

/**
 * From which states of the live attempt its state may move to the key's. A
 * change whose source is not listed is not made, so that what somebody learned
 * late never moves an attempt back.
 */
export const attemptSources: Readonly<Record<PaymentAttemptState, readonly PaymentAttemptState[]>> = {
  // Taken into work again: the buyer did what it waited for, or it began after it was given up.
  PROCESSING: ["PROCESSING", "REQUIRES_ACTION", "AWAITING_TRANSFER", "FAILED"],
  REQUIRES_ACTION: ["PROCESSING"],
  AWAITING_TRANSFER: ["PROCESSING"],
  CAPTURED: ["PROCESSING"],
  FAILED: ["PROCESSING", "REQUIRES_ACTION", "AWAITING_TRANSFER"],
  REFUNDED: ["PROCESSING", "REQUIRES_ACTION", "AWAITING_TRANSFER", "FAILED", "CAPTURED"],
};

/**
 * What was decided about money that came after its order had ended. The
 * decision is written before anything is done about it, and RETURN is final:
 * so the order is never both paid and undone.
 */
export type LateMoney = "REVIVE" | "RETURN";

/** One SKU of an order; amounts in minor units of the order's currency. */
export interface OrderLine extends Priced {
  sku: string;
  productId: string;
  title: string;
  variantTitle: string;
  quantity: number;
  unitPrice: number;
  categoryIds?: readonly string[];
  taxCategory?: string;
  /** For customs: where it was made, ISO 3166-1 alpha-2. */
  originCountryCode?: string;
  /** For customs: its number in the Harmonized System. */
  tariffNumber?: string;
}

/** A promotion that an order uses, and the code that opened it; no code for an automatic one. */
export interface AppliedPromotion {
  promotionId: string;
  code: string;
}

/** A code of the cart that gave the order nothing; why, as Promotion says it. */
export interface RefusedCode {
  code: string;
  reason: string;
}

/** Units of a SKU whose money is given back. */
export interface RefundItem {
  sku: string;
  quantity: number;
}

/** Money given back for a part of an order; it counts from when it is PENDING. */
export interface OrderRefund {
  id: string;
  items: RefundItem[];
  /** Whether it is for the shipping, too. */
  shipping: boolean;
  amount: number;
  reason: string;
  state: "PENDING" | "DONE";
  createTime: string;
}

/** A way to ship an order; the price in minor units of the order's currency. */
export interface ShippingMethod {
  id: string;
  carrier: string;
  service: string;
  price: number;
  estimatedDays: number;
  attributes: string[];
}

/** What an order keeps of its latest payment attempt, to show it. */
export interface PaymentSnapshot {
  method: string;
  clientSecret: string;
  redirectUrl: string;
  declineCode: string;
  transfer?: TransferSnapshot | undefined;
}

/** Where the buyer transfers money; `received` in minor units. */
export interface TransferSnapshot {
  accountNumber: string;
  reference: string;
  deadline: string;
  received?: number;
  /** Of a transfer that the provider takes. */
  bankAccount?: BankAccount;
}

/** A bank account, as the contract has it. */
export interface BankAccount {
  holder: string;
  bankName: string;
  number: string;
  bic: string;
  bankCode: string;
  branchCode: string;
  accountType: string;
  countryCode: string;
}

/** A parcel of an order, as Shipping last told of it. */
export interface OrderShipment {
  id: string;
  state: "OPEN" | "READY" | "LABELED" | "SHIPPED";
  items: readonly { sku: string; quantity: number }[];
  carrier: string;
  trackingNumber: string;
  trackingUrl: string;
  labelUrl: string;
}

/** The parcel of an order. */
export interface Fulfillment {
  /** Left out of what was written before there were several. */
  shipmentId?: string;
  carrier: string;
  trackingNumber: string;
  trackingUrl: string;
  labelUrl: string;
}

/** How the buyer is reached. */
export interface Contact {
  email: string;
  phone: string;
  /** Whether text messages may go to the phone; absent: nobody said, and they may. */
  smsOptIn?: boolean;
  /** BCP 47 tag of the language of messages; absent: the shop's. */
  language?: string;
}

/** A postal address. */
export interface Address {
  name: string;
  line1: string;
  line2: string;
  city: string;
  state: string;
  postalCode: string;
  countryCode: string;
}

/** An order. Amounts are in minor units of its currency. */
export interface Order extends Totals {
  id: string;
  cartId: string;
  /** Hex SHA-256 digest of the cart's token. */
  owner: string;
  /** Through which shop front it came; empty for the shop's own. */
  channel: string;
  /** What that shop front kept with the cart. */
  metadata: Record<string, string>;
  /** Whether the buyer fetches the goods: nothing is shipped. */
  pickUp: boolean;
  state: OrderState;
  currencyCode: string;
  lines: OrderLine[];
  /** Null only of a buyer who fetches the goods and is told of nothing. */
  contact: Contact | null;
  /** Null only of a buyer who fetches the goods. */
  shippingAddress: Address | null;
  /** Empty when the buyer fetches the goods. */
  shipmentId: string;
  /** The oldest first. */
  shipments: readonly OrderShipment[];
  shippingMethods: ShippingMethod[];
  shippingMethodId: string;
  shippingDiscounts: Discount[];
  shippingTaxes: Tax[];
  /** What was redeemed for it; given back when it ends. */
  promotions: AppliedPromotion[];
  refusedCodes: RefusedCode[];
  /** The oldest first. */
  refunds: OrderRefund[];
  reservationId: string;
  holdExpireTime: Date;
  paymentId: string | null;
  paymentState: PaymentAttemptState | null;
  payment: PaymentSnapshot | null;
  lateMoney: LateMoney | null;
  /** Whether a label is being or has been bought, or the merchant ships it; then it cannot be canceled. */
  fulfilling: boolean;
  fulfillment: Fulfillment | null;
  cancelReason: string;
  createTime: Date;
  updateTime: Date;
}

/** Whether an order has ended without its goods: what it held goes back. */
export function hasEnded({ state }: Pick<Order, "state">): boolean {
  return state === "CANCELED" || state === "EXPIRED";
}

/**
 * Whether nothing more happens to an order by itself: it is on its way, or it has ended and no money of it is held,
 * awaited or going back. Staff may still refund what was sent, and money may still come of which nobody knew.
 */
export function isOver(order: Pick<Order, "state" | "paymentState" | "lateMoney">): boolean {
  switch (order.state) {
    case "PENDING_PAYMENT":
    case "PAID":
      return false;
    case "FULFILLED":
      return true;
    case "CANCELED":
    case "EXPIRED": {
      const { paymentState, lateMoney } = order;
      if (paymentState === null || paymentState === "REFUNDED") return true;
      return paymentState === "FAILED" && lateMoney === null;
    }
  }
}

/** Whether nobody knows any more whose it was: it goes nowhere, and there is nobody to tell of it. */
export function isErased({ contact }: Pick<Order, "contact">): boolean {
  return contact?.email === "";
}

/** What an owner is who has no account: the digest of a token. */
const guestId = /^[0-9a-f]{64}$/;

/** Whether an owner has no account. */
export function isGuest(owner: string): boolean {
  return guestId.test(owner);
}

/** The id of the shipment that an order is placed with; staff may split it into others. */
export function shipmentIdOf(orderId: string): string {
  return orderId.replace(/^ord_/, "shp_");
}
