import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Coupon, Promotion, Promotion_Target } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { sum } from "../../../lib/money/arithmetic.ts";
import { amountIn } from "./amount-in.ts";
import { type Cart, fullPrice, type Line } from "./cart.ts";

/** A promotion that an order could use, by itself or by a coupon; the counts are those of other orders. */
export interface Offer {
  readonly promotion: Promotion;
  /** Undefined for an automatic promotion. */
  readonly coupon: Coupon | undefined;
  /** Orders of this customer that use the promotion; 0 while the customer is not known. */
  readonly customerRedeemed: bigint;
}

/** Why an offer cannot be used now, by anyone or by this customer. */
export type Unavailability =
  | "DISABLED"
  | "PAUSED"
  | "NOT_STARTED"
  | "ENDED"
  | "LIMIT_REACHED"
  | "CUSTOMER_LIMIT_REACHED";

/** Why an offer gives this cart nothing. */
export type Misfit = "NOTHING_TARGETED" | "CURRENCY_NOT_COVERED" | "MINIMUM_NOT_REACHED";

/** Why the offer cannot be used at the moment `now`; undefined when it can. */
export function unavailability(
  { promotion, coupon, customerRedeemed }: Offer,
  now: Date,
): Unavailability | undefined {
  const { startTime, endTime, customerLimit } = promotion;
  if (coupon?.disableTime !== undefined) return "DISABLED";
  if (promotion.paused) return "PAUSED";
  if (startTime !== undefined && now.getTime() < timestampMs(startTime)) return "NOT_STARTED";
  if (endTime !== undefined && now.getTime() >= timestampMs(endTime)) return "ENDED";
  if (isUsedUp(promotion) || (coupon !== undefined && isUsedUp(coupon))) return "LIMIT_REACHED";
  if (customerLimit > 0n && customerRedeemed >= customerLimit) return "CUSTOMER_LIMIT_REACHED";
  return undefined;
}

/** Whether as many orders use a promotion, or a coupon, as may. */
export function isUsedUp({ limit, redeemed }: Pick<Promotion | Coupon, "limit" | "redeemed">): boolean {
  return limit > 0n && redeemed >= limit;
}

/** Why a promotion is not for this cart, whose `targeted` lines are those it is for; undefined when it is. */
export function misfit(
  promotion: Promotion,
  { targeted, currency }: { targeted: readonly Line[]; currency: Cart["currency"] },
): Misfit | undefined {
  const { minimum, minimumQuantity, action } = promotion;
  if (targeted.length === 0) return "NOTHING_TARGETED";
  if (moneyLists(promotion).some((list) => amountIn(list.amounts, currency) === undefined)) {
    return "CURRENCY_NOT_COVERED";
  }
  const units = sum(targeted.map(({ quantity }) => quantity));
  const isShort =
    sum(targeted.map(fullPrice)) < (amountIn(minimum, currency) ?? 0n) ||
    units < minimumQuantity ||
    (action.case === "buyXGetY" && units <= action.value.buy);
  return isShort ? "MINIMUM_NOT_REACHED" : undefined;
}

// Targets may name thousands of goods, and the automatic promotions are asked about every cart.
const known = new WeakMap<Promotion_Target, (line: Line) => boolean>();

/** Which lines a promotion is for. Its target is not to be changed afterwards. */
export function targetOf({ target }: Promotion): (line: Line) => boolean {
  if (target === undefined) return () => true;
  let isTargeted = known.get(target);
  if (isTargeted === undefined) {
    isTargeted = compile(target);
    known.set(target, isTargeted);
  }
  return isTargeted;
}

function compile(target: Promotion_Target): (line: Line) => boolean {
  const skus = new Set(target.skus);
  const products = new Set(target.productIds);
  const categories = new Set(target.categoryIds);
  if (skus.size + products.size + categories.size === 0) return () => true;
  return ({ sku, productId, categoryIds }) =>
    skus.has(sku) || products.has(productId) || categoryIds.some((id) => categories.has(id));
}

/** A list of amounts by currency: a promotion applies only in the currencies that each of its lists has. */
export interface MoneyList {
  /** The path of the field, as the proto spells it. */
  readonly field: string;
  readonly amounts: Promotion["minimum"];
  /** The least that an amount may be. */
  readonly least: bigint;
}

/** The lists of amounts that a promotion has; empty ones say nothing and are left out. */
export function moneyLists({ minimum, action }: Promotion): MoneyList[] {
  const lists: MoneyList[] = [{ field: "minimum", amounts: minimum, least: 0n }];
  switch (action.case) {
    case "percentage":
      lists.push({ field: "percentage.maximum", amounts: action.value.maximum, least: 1n });
      break;
    case "amountOff":
      lists.push({ field: "amount_off.amounts", amounts: action.value.amounts, least: 1n });
      break;
    case "priceOverride":
      lists.push({ field: "price_override.upto", amounts: action.value.upto, least: 1n });
      lists.push({ field: "price_override.flat_off", amounts: action.value.flatOff, least: 0n });
      break;
    case "freeShipping":
      lists.push({ field: "free_shipping.maximum", amounts: action.value.maximum, least: 1n });
      break;
    case "buyXGetY":
    case undefined:
      break;
    default:
      action satisfies never;
  }
  return lists.filter(({ amounts }) => amounts.length > 0);
}
