import { create } from "@bufbuild/protobuf";
import {
  BatchGetVariantsResponseSchema,
  type SellableVariant,
  SellableVariantSchema,
} from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { CheckAvailabilityResponseSchema } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { EvaluationSchema } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { TaxCalculationSchema } from "../../../gen/rowlock/tax/v1/tax_pb.js";
import type { Promotions } from "../discounts.ts";
import type { OfferSources } from "../offers.ts";
import type { Taxes } from "../taxes.ts";

type EvaluateRequest = Parameters<Promotions["evaluate"]>[0];
type CalculateTaxRequest = Parameters<Taxes["calculateTax"]>[0];

/** A variant on sale: prices by currency, in minor units. */
export function sellable(
  sku: string,
  prices: Record<string, bigint>,
  size?: { lengthMm: number; widthMm: number; heightMm: number; weightG: number },
  customs: { originCountryCode?: string; tariffNumber?: string } = {},
): SellableVariant {
  return create(SellableVariantSchema, {
    productId: `prod_${sku}`,
    productTitle: `Product ${sku}`,
    imageUrl: `https://shop.test/${sku}.png`,
    categoryIds: [`category-${sku}`],
    taxCategory: `tax-${sku.toLowerCase()}`,
    variant: {
      sku,
      title: "M / red",
      prices: Object.entries(prices).map(([currencyCode, amount]) => ({ currencyCode, amount })),
      ...(size === undefined ? {} : { package: size }),
      ...customs,
    },
  });
}

/** A catalog, an inventory, promotions and taxes that answer from memory and count their calls. */
export class FakeShop implements OfferSources {
  readonly variants = new Map<string, SellableVariant>();
  readonly stock = new Map<string, bigint>();
  /** What each coupon takes off the first line, by code; 0n makes shipping free. */
  readonly coupons = new Map<string, bigint>();
  /** Cents on each line: a tax that is added to prices, and one that they have in them. */
  tax = { added: 0n, included: 0n };
  readonly calls = { catalog: 0, inventory: 0, promotion: 0, tax: 0 };
  /** What was asked for. */
  readonly asked: { promotion: EvaluateRequest[]; tax: CalculateTaxRequest[] } = { promotion: [], tax: [] };
  /** When set, the next calls fail with it. */
  failure: Partial<Record<keyof FakeShop["calls"], Error>> = {};

  /** Puts a SKU on sale, or changes it. */
  sell(sku: string, prices: Record<string, bigint>, stock: bigint): void {
    this.variants.set(
      sku,
      sellable(sku, prices, { lengthMm: 300, widthMm: 200, heightMm: 100, weightG: 450 }),
    );
    this.stock.set(sku, stock);
  }

  readonly catalog: OfferSources["catalog"] = {
    batchGetVariants: async ({ skus = [] }) => {
      this.called("catalog");
      return create(BatchGetVariantsResponseSchema, {
        variants: skus.flatMap((sku) => this.variants.get(sku) ?? []),
      });
    },
  };

  readonly inventory: OfferSources["inventory"] = {
    checkAvailability: async ({ lines = [] }) => {
      this.called("inventory");
      return create(CheckAvailabilityResponseSchema, {
        lines: lines.map(({ sku = "", quantity: requested = 0n }) => {
          const available = this.stock.get(sku) ?? 0n;
          return { sku, requested, available, missing: requested > available ? requested - available : 0n };
        }),
      });
    },
  };

  readonly promotions: Promotions = {
    evaluate: async (request) => {
      this.called("promotion");
      this.asked.promotion.push(request);
      const { lines: [first] = [], codes = [] } = request;
      const found = codes.flatMap((code) => {
        const amount = this.coupons.get(code);
        return amount === undefined ? [] : [{ code, promotionId: `prm_${code}`, title: `${code}!`, amount }];
      });
      const usable = first === undefined ? [] : found;
      return create(EvaluationSchema, {
        lineDiscounts: usable
          .filter(({ amount }) => amount > 0n)
          .map((each) => ({
            ...each,
            sku: first?.sku ?? "",
            amount: { currencyCode: first?.unitPrice?.currencyCode ?? "", amount: each.amount },
          })),
        applied: usable,
        refusedCodes: codes
          .filter((code) => !usable.some((each) => each.code === code))
          .map((code) => ({
            code,
            reason: this.coupons.has(code) ? "NOTHING_TARGETED" : "COUPON_NOT_FOUND",
          })),
      });
    },
  };

  readonly taxes: Taxes = {
    calculateTax: async (request) => {
      this.called("tax");
      this.asked.tax.push(request);
      const { lines = [] } = request;
      const currencyCode = lines[0]?.total?.currencyCode ?? "";
      const inCurrency = (amount: bigint) => ({ currencyCode, amount });
      const { added, included } = this.tax;
      return create(TaxCalculationSchema, {
        lines: lines.map(({ sku = "" }) => ({
          sku,
          taxes: [
            { name: "City", rateMillionths: 1, amount: inCurrency(added) },
            { name: "VAT", rateMillionths: 2, included: true, amount: inCurrency(included) },
          ],
        })),
        addedTotal: inCurrency(added * BigInt(lines.length)),
        includedTotal: inCurrency(included * BigInt(lines.length)),
      });
    },
  };

  private called(service: keyof FakeShop["calls"]): void {
    this.calls[service]++;
    const failure = this.failure[service];
    if (failure) {
      throw failure;
    }
  }
}
