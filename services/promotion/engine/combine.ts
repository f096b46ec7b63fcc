import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Promotion } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { sum } from "../../../lib/money/arithmetic.ts";
import { amountOff } from "./amount-off.ts";
import { buyXGetY } from "./buy-x-get-y.ts";
import { type Cart, fullPrice, type Line, type OpenLine } from "./cart.ts";
import { freeShipping } from "./free-shipping.ts";
import type { Offer } from "./offer.ts";
import { percentageOff } from "./percentage.ts";
import { priceOverride } from "./price-override.ts";

/** An offer that can be used and fits the cart, and the lines that it is for. */
export interface Candidate {
  readonly offer: Offer;
  readonly isTargeted: (line: Line) => boolean;
}

/** What an offer takes off; amounts in minor units, each above 0. */
export interface Discount {
  readonly offer: Offer;
  readonly lines: readonly { readonly sku: string; readonly amount: bigint }[];
  /** 0 also when it makes shipping free and no shipping method is chosen. */
  readonly shipping: bigint;
}

/**
 * The best that the candidates can do together: the exclusive ones each stand alone, the others are applied one
 * after the other. When two ways take off the same, that without an exclusive promotion counts, then the exclusive
 * promotion that comes first.
 */
export function combine(candidates: readonly Candidate[], cart: Cart): Discount[] {
  const inOrder = candidates.toSorted((a, b) => precedence(a.offer.promotion, b.offer.promotion));
  const ways = [
    inOrder.filter(({ offer }) => !offer.promotion.exclusive),
    ...inOrder.filter(({ offer }) => offer.promotion.exclusive).map((alone) => [alone]),
  ];
  return ways
    .map((way) => applyInTurn(way, cart))
    .filter((discounts) => discounts.length > 0)
    .reduce<Discount[]>((best, next) => (best.length === 0 || total(next) > total(best) ? next : best), []);
}

/** Applies the candidates to what those before have left, and returns those that take something off. */
export function applyInTurn(candidates: readonly Candidate[], cart: Cart): Discount[] {
  const { currency, shippingPrice } = cart;
  const open = cart.lines.map((line): OpenLine => ({ ...line, left: fullPrice(line) }));
  let shippingLeft = shippingPrice;
  const discounts: Discount[] = [];
  for (const { offer, isTargeted } of candidates) {
    const { action } = offer.promotion;
    const targeted = open.filter(isTargeted);
    const amounts = takeOff(action, targeted, currency);
    const lines = targeted.flatMap((line, i) => {
      const amount = amounts[i] ?? 0n;
      line.left -= amount;
      return amount > 0n ? [{ sku: line.sku, amount }] : [];
    });
    let shipping = 0n;
    if (action.case === "freeShipping" && shippingLeft !== undefined) {
      shipping = freeShipping(action.value, shippingLeft, currency);
      shippingLeft -= shipping;
    }
    const mayComeToShip = action.case === "freeShipping" && shippingPrice === undefined;
    if (lines.length > 0 || shipping > 0n || mayComeToShip) discounts.push({ offer, lines, shipping });
  }
  return discounts;
}

/** By priority, the highest first; then the older first. */
function precedence(a: Promotion, b: Promotion): number {
  return b.priority - a.priority || createMs(a) - createMs(b) || (a.id < b.id ? -1 : 1);
}

function createMs({ createTime }: Promotion): number {
  return createTime === undefined ? 0 : timestampMs(createTime);
}

function total(discounts: readonly Discount[]): bigint {
  return sum(discounts.flatMap(({ lines, shipping }) => [shipping, ...lines.map(({ amount }) => amount)]));
}

/** What an action takes off each of the lines. */
function takeOff(action: Promotion["action"], lines: readonly OpenLine[], currency: string): bigint[] {
  switch (action.case) {
    case "percentage":
      return percentageOff(action.value, lines, currency);
    case "amountOff":
      return amountOff(action.value, lines, currency);
    case "priceOverride":
      return priceOverride(action.value, lines, currency);
    case "buyXGetY":
      return buyXGetY(action.value, lines);
    case "freeShipping":
    case undefined:
      return [];
    default:
      return action satisfies never;
  }
}
