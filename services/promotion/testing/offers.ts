import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { CouponSchema, PromotionSchema } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { Cart, Line } from "../engine/cart.ts";
import type { Offer } from "../engine/offer.ts";
import type { Outcome } from "../evaluate.ts";

/** What a promotion is made from. */
export type PromotionInit = Omit<MessageInitShape<typeof PromotionSchema>, "$typeName">;

/** The moment of all tests of the engine. */
export const noon = new Date("2026-01-31T12:00:00Z");

const usd = (amount: number) => ({ currencyCode: "USD", amount: BigInt(amount) });
const list = (amount: number | undefined) => (amount === undefined ? [] : [usd(amount)]);
const basisPoints = (percent: number) => Math.round(percent * 100);

export const percent = (share: number, maximum?: number): PromotionInit => ({
  action: { case: "percentage", value: { basisPoints: basisPoints(share), maximum: list(maximum) } },
});

export const amount = (cents: number): PromotionInit => ({
  action: { case: "amountOff", value: { amounts: [usd(cents)] } },
});

export const eachUnit = (cents: number): PromotionInit => ({
  action: { case: "amountOff", value: { amounts: [usd(cents)], eachUnit: true } },
});

export const price = (
  multiplier: number,
  { upto, flat }: { upto?: number; flat?: number } = {},
): PromotionInit => ({
  action: {
    case: "priceOverride",
    value: {
      multiplierMillionths: Math.round(multiplier * 1_000_000),
      upto: list(upto),
      flatOff: list(flat),
    },
  },
});

export const buyGet = (
  buy: number,
  get: number,
  { off = 100, times = 0 }: { off?: number; times?: number } = {},
): PromotionInit => ({
  action: {
    case: "buyXGetY",
    value: { buy: BigInt(buy), get: BigInt(get), basisPoints: basisPoints(off), times: BigInt(times) },
  },
});

export const freeShipping = (maximum?: number): PromotionInit => ({
  action: { case: "freeShipping", value: { maximum: list(maximum) } },
});

/** An offer, written down: a promotion and, when it takes a code, its coupon. */
export type OfferInit = PromotionInit & {
  code?: string;
  coupon?: Omit<MessageInitShape<typeof CouponSchema>, "$typeName">;
  /** Orders of the customer that use it. */
  used?: number;
  /** The same promotion as that of this offer, by its number. */
  sameAs?: number;
};

/** Offers numbered p1, p2 …; the earlier the older. */
export function offersOf(inits: readonly OfferInit[]): Offer[] {
  return inits.map(({ code, coupon, used = 0, sameAs, ...init }, i) => {
    const id = `p${sameAs ?? i + 1}`;
    const createTime = timestampFromDate(new Date(Date.parse("2026-01-01T00:00:00Z") + i));
    return {
      promotion: create(PromotionSchema, {
        id,
        title: id,
        automatic: code === undefined,
        createTime,
        ...init,
      }),
      coupon: code === undefined ? undefined : create(CouponSchema, { code, promotionId: id, ...coupon }),
      customerRedeemed: BigInt(used),
    };
  });
}

/**
 * A cart from its short form: `A 2x1000, B/plastic 1x500, ship 490` is two A at 10.00, one B of the category
 * `plastic`, and shipping at 4.90. SKU `A` is of the product `prod_A`; another currency stands before: `JPY: A 1x505`.
 */
export function cartOf(text: string): Cart {
  const [, currency = "USD", items = ""] = /^(?:([A-Z]{3}): )?(.*)$/.exec(text) ?? [];
  const lines: Line[] = [];
  let shippingPrice: bigint | undefined;
  for (const item of items.split(", ")) {
    const [, sku = "", category, quantity = "", unitPrice = ""] =
      /^(\w+)(?:\/(\w+))? (?:(\d+)x)?(\d+)$/.exec(item) ?? [];
    if (sku === "ship") shippingPrice = BigInt(unitPrice);
    else {
      const categoryIds = category === undefined ? [] : [category];
      const productId = `prod_${sku}`;
      lines.push({ sku, productId, categoryIds, quantity: BigInt(quantity), unitPrice: BigInt(unitPrice) });
    }
  }
  return { currency, lines, shippingPrice };
}

/** An outcome in its short form: `p1: A 200, B 50`, `p2: shipping 490`, `CODE: NOT_COMBINABLE`. */
export function told({ discounts, refused }: Outcome): string[] {
  return [
    ...discounts.map(({ offer, lines, shipping }) => {
      const amounts = lines.map(({ sku, amount }) => `${sku} ${amount}`);
      if (shipping > 0n) amounts.push(`shipping ${shipping}`);
      return `${offer.promotion.title}: ${amounts.join(", ") || "later"}`;
    }),
    ...refused.map(({ offer, reason }) => `${offer.coupon?.code ?? offer.promotion.title}: ${reason}`),
  ];
}
