import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type EvaluateRequest, PromotionSchema } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { CalculateTaxRequest } from "../../gen/rowlock/tax/v1/tax_pb.js";
import type { OrderLine } from "../../services/order/order.ts";
import type { OrderDeps } from "../../services/order/service.ts";
import { readCart } from "../../services/promotion/cart.ts";
import { toEvaluation } from "../../services/promotion/convert.ts";
import type { Offer } from "../../services/promotion/engine/offer.ts";
import { evaluateCart } from "../../services/promotion/evaluate.ts";
import { noon, type PromotionInit } from "../../services/promotion/testing/offers.ts";
import { calculate, readSale } from "../../services/tax/calculation.ts";
import { toCalculation } from "../../services/tax/convert.ts";
import type { RateContent } from "../../services/tax/rate.ts";
import type { Random } from "../support/random.ts";

/** A cart, and the promotions and tax rates of the shop at which it is bought. */
export interface Sale {
  currency: string;
  lines: OrderLine[];
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
  return {
    currency,
    lines: Array.from({ length: 1 + random.int(6) }, (_, i) => {
      const quantity = 1 + amount(100);
      const unitPrice = amount(100_000);
      return {
        ...{ sku: `S${i}`, productId: `P${i}`, title: "T", variantTitle: "" },
        ...{ quantity, unitPrice, total: quantity * unitPrice },
        ...{ categoryIds: [random.pick(["x", "y"])], taxCategory: random.pick(categories) },
      };
    }),
    shippingPrice: amount(3_000),
    offers: Array.from({ length: random.int(4) }, (_, i) => offerOf(random, currency, i)),
    rates: Array.from({ length: random.int(4) }, (_, i) => ({
      ...{ name: `T${i}`, countryCode: "US", region: "", included: random.once(2) },
      taxCategory: random.pick([...categories, "shipping"]),
      rateMillionths: random.pick([0, 1, 50_000, 72_500, 190_000, 1_000_000, random.int(1_000_001)]),
    })),
  };
}

function offerOf(random: Random, currency: string, i: number): Offer {
  const promotion = create(PromotionSchema, {
    ...{ id: `prm_${i}`, title: `Offer ${i}`, automatic: true, action: actionOf(random, currency) },
    ...{ priority: random.int(3), exclusive: random.once(4) },
    target: { categoryIds: random.once(2) ? ["x"] : [] },
    createTime: timestampFromDate(new Date(noon.getTime() + i)),
  });
  return { promotion, coupon: undefined, customerRedeemed: 0n };
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

/** Promotion and Tax as Order calls them, without their databases. */
export function pricedBy({ offers, rates }: Sale): Pick<OrderDeps, "promotions" | "taxes"> {
  const never = async () => {
    throw new Error("not called here");
  };
  return {
    promotions: {
      evaluate: async (request) => {
        const cart = readCart(request as EvaluateRequest);
        const { discounts } = evaluateCart({ cart, offers, now: noon });
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
