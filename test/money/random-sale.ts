import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type SellableVariant, SellableVariantSchema } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import {
  CouponSchema,
  type EvaluateRequest,
  PromotionSchema,
} from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { CalculateTaxRequest } from "../../gen/rowlock/tax/v1/tax_pb.js";
import type { CartDocument, StoredLine } from "../../services/cart/cart.ts";
import type { Offers } from "../../services/cart/offers.ts";
import type { OrderDeps } from "../../services/order/service.ts";
import { address, contact } from "../../services/order/testing/shop.ts";
import { readCart } from "../../services/promotion/cart.ts";
import { toEvaluation } from "../../services/promotion/convert.ts";
import type { Offer } from "../../services/promotion/engine/offer.ts";
import { evaluateCart } from "../../services/promotion/evaluate.ts";
import { noon, type PromotionInit } from "../../services/promotion/testing/offers.ts";
import { calculate, readSale } from "../../services/tax/calculation.ts";
import { toCalculation } from "../../services/tax/convert.ts";
import type { RateContent } from "../../services/tax/rate.ts";
import type { Random } from "../support/random.ts";

/** A cart, what its goods are sold for, and the promotions and tax rates of the shop. */
export interface Sale {
  cart: CartDocument;
  /** By SKU. */
  variants: Map<string, SellableVariant>;
  shippingPrice: number;
  offers: Offer[];
  rates: RateContent[];
}

const currencies = ["USD", "JPY", "KWD"];
const categories = ["", "books", "food"];

/** Any sale; small numbers, which round the most, are as frequent as large ones. */
export function randomSale(random: Random): Sale {
  const currency = random.pick(currencies);
  const amount = (below: number) => random.int(random.once(2) ? 30 : below);
  const skus = Array.from({ length: 1 + random.int(6) }, (_, i) => `S${i}`);
  const lines = skus.map((sku): StoredLine => {
    return { sku, quantity: 1 + amount(100), seenPrice: "0", title: "T", variantTitle: "", imageUrl: "" };
  });
  const variants = skus.map((sku, i) =>
    create(SellableVariantSchema, {
      ...{ productId: `P${i}`, productTitle: "T" },
      ...{ categoryIds: [random.pick(["x", "y"])], taxCategory: random.pick(categories) },
      variant: { sku, prices: [{ currencyCode: currency, amount: BigInt(amount(100_000)) }] },
    }),
  );
  const offers = Array.from({ length: random.int(4) }, (_, i) => offerOf(random, currency, i));
  return {
    cart: {
      ...{ id: "cart_1", owner: "cus_1", currencyCode: currency, lines, contact, shippingAddress: address },
      coupons: offers.flatMap(({ coupon }) => (coupon === undefined ? [] : [coupon.code])),
      ...{ createTime: 0, updateTime: 0, expireTime: 0 },
    },
    variants: new Map(skus.map((sku, i) => [sku, variants[i] as SellableVariant])),
    shippingPrice: amount(3_000),
    offers,
    rates: Array.from({ length: random.int(4) }, (_, i) => ({
      ...{ name: `T${i}`, countryCode: "US", region: "", included: random.once(2) },
      taxCategory: random.pick([...categories, "shipping"]),
      rateMillionths: random.pick([0, 1, 50_000, 72_500, 190_000, 1_000_000, random.int(1_000_001)]),
    })),
  };
}

function offerOf(random: Random, currency: string, i: number): Offer {
  const id = `prm_${i}`;
  const code = random.once(2) ? `CODE-${i}` : "";
  const promotion = create(PromotionSchema, {
    ...{ id, title: `Offer ${i}`, automatic: code === "", action: actionOf(random, currency) },
    ...{ priority: random.int(3), exclusive: random.once(4) },
    target: { categoryIds: random.once(2) ? ["x"] : [] },
    createTime: timestampFromDate(new Date(noon.getTime() + i)),
  });
  const coupon = code === "" ? undefined : create(CouponSchema, { code, promotionId: id });
  return { promotion, coupon, customerRedeemed: 0n };
}

function actionOf(random: Random, currencyCode: string): PromotionInit["action"] {
  const some = () => [{ currencyCode, amount: BigInt(1 + random.int(random.once(2) ? 30 : 20_000)) }];
  const maybe = () => (random.once(2) ? some() : []);
  const basisPoints = random.pick([1, 333, 1_500, 5_000, 9_999, 10_000]);
  switch (random.int(5)) {
    case 0:
      return { case: "percentage", value: { basisPoints, maximum: maybe() } };
    case 1:
      return { case: "amountOff", value: { amounts: some(), eachUnit: random.once(2) } };
    case 2: {
      const multiplierMillionths = random.int(1_000_001);
      return { case: "priceOverride", value: { multiplierMillionths, upto: maybe(), flatOff: maybe() } };
    }
    case 3: {
      const [buy, get] = [BigInt(1 + random.int(3)), BigInt(1 + random.int(3))];
      return { case: "buyXGetY", value: { buy, get, basisPoints, times: BigInt(random.int(3)) } };
    }
    default:
      return { case: "freeShipping", value: { maximum: maybe() } };
  }
}

/** The goods as Catalog offers them; stock is not asked for. */
export function offersOf({ variants }: Sale): Offers {
  return { variants, available: undefined };
}

/** Promotion and Tax as Cart and Order call them, without their databases. */
export function pricedBy({ offers, rates }: Sale): Pick<OrderDeps, "promotions" | "taxes"> {
  const never = async () => {
    throw new Error("not called here");
  };
  return {
    promotions: {
      evaluate: async (request) => {
        const cart = readCart(request as EvaluateRequest);
        const { codes = [] } = request;
        const open = offers.filter(({ coupon }) => coupon === undefined || codes.includes(coupon.code));
        const { discounts } = evaluateCart({ cart, offers: open, now: noon });
        return toEvaluation({ currency: cart.currency, discounts, refusedCodes: [] });
      },
      redeem: async () => ({}) as never,
      releaseRedemption: never,
      listRedemptions: never,
    },
    taxes: {
      calculateTax: async (request) => {
        const sale = readSale(request as CalculateTaxRequest);
        return toCalculation(sale.currency, calculate(rates, sale));
      },
    },
  };
}
