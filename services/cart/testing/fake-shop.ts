import { create } from "@bufbuild/protobuf";
import {
  BatchGetVariantsResponseSchema,
  type SellableVariant,
  SellableVariantSchema,
} from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { CheckAvailabilityResponseSchema } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { OfferSources } from "../offers.ts";

/** A variant on sale: prices by currency, in minor units. */
export function sellable(
  sku: string,
  prices: Record<string, bigint>,
  size?: { lengthMm: number; widthMm: number; heightMm: number; weightG: number },
): SellableVariant {
  return create(SellableVariantSchema, {
    productId: `prod_${sku}`,
    productTitle: `Product ${sku}`,
    imageUrl: `https://shop.test/${sku}.png`,
    variant: {
      sku,
      title: "M / red",
      prices: Object.entries(prices).map(([currencyCode, amount]) => ({ currencyCode, amount })),
      ...(size === undefined ? {} : { package: size }),
    },
  });
}

/** A catalog and an inventory that answer from memory and count their calls. */
export class FakeShop implements OfferSources {
  readonly variants = new Map<string, SellableVariant>();
  readonly stock = new Map<string, bigint>();
  readonly calls = { catalog: 0, inventory: 0 };
  /** When set, the next calls fail with it. */
  failure: { catalog?: Error; inventory?: Error } = {};

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
      this.calls.catalog++;
      if (this.failure.catalog) {
        throw this.failure.catalog;
      }
      return create(BatchGetVariantsResponseSchema, {
        variants: skus.flatMap((sku) => this.variants.get(sku) ?? []),
      });
    },
  };

  readonly inventory: OfferSources["inventory"] = {
    checkAvailability: async ({ lines = [] }) => {
      this.calls.inventory++;
      if (this.failure.inventory) {
        throw this.failure.inventory;
      }
      return create(CheckAvailabilityResponseSchema, {
        lines: lines.map(({ sku = "", quantity: requested = 0n }) => {
          const available = this.stock.get(sku) ?? 0n;
          return { sku, requested, available, missing: requested > available ? requested - available : 0n };
        }),
      });
    },
  };
}
