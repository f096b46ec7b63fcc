import type { HandlerContext } from "@connectrpc/connect";
import {
  ListProductsRequest_Sort,
  type Product,
  type Variant,
} from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { StockSummary } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { outgoing } from "../../lib/rpc/index.ts";
import { toAmount } from "../amount.ts";
import type { FacadeDeps } from "../facade.ts";

/** A variant on sale: what this API calls a product. */
export interface Offer {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly price: number;
}

/** Most SKUs that Inventory is asked for at once. */
const batch = 200;

/** All variants on sale that have a price in the API's currency, by name. */
export async function listOffers(
  { catalog, currencyCode }: Pick<FacadeDeps, "catalog" | "currencyCode">,
  ctx: HandlerContext,
): Promise<Offer[]> {
  const offers: Offer[] = [];
  for (let pageToken: string | undefined; pageToken !== ""; ) {
    const page = await catalog.listProducts(
      { pageSize: 200, pageToken: pageToken ?? "", sort: ListProductsRequest_Sort.TITLE },
      outgoing(ctx),
    );
    for (const product of page.products) offers.push(...offersOf(product, currencyCode));
    pageToken = page.nextPageToken;
  }
  return offers;
}

/** The variants of a product that have a price in the currency. */
function offersOf({ title, description, variants }: Product, currencyCode: string): Offer[] {
  return variants.flatMap((variant) => {
    const price = variant.prices.find((each) => each.currencyCode === currencyCode);
    if (price === undefined) return [];
    return [{ sku: variant.sku, name: nameOf({ title }, variant), description, price: toAmount(price) }];
  });
}

function nameOf({ title }: Pick<Product, "title">, variant: Variant): string {
  return variant.title === "" ? title : `${title}, ${variant.title}`;
}

/** Units that can be reserved now, by SKU. */
export async function findAvailable(
  { inventory }: Pick<FacadeDeps, "inventory">,
  ctx: HandlerContext,
  skus: readonly string[],
): Promise<Map<string, bigint>> {
  const found = new Map<string, bigint>();
  for (const some of batches(skus)) {
    const wanted = some.map((sku) => ({ sku, quantity: 1n }));
    const { lines } = await inventory.checkAvailability({ lines: wanted }, outgoing(ctx));
    for (const { sku, available } of lines) found.set(sku, available);
  }
  return found;
}

/** The report of each SKU that has stock. */
export async function findSummaries(
  { inventory }: Pick<FacadeDeps, "inventory">,
  ctx: HandlerContext,
  skus: readonly string[],
): Promise<Map<string, StockSummary>> {
  const found = new Map<string, StockSummary>();
  for (const some of batches(skus)) {
    const { items } = await inventory.reportStock({ skus: some, pageSize: batch }, outgoing(ctx));
    for (const item of items) found.set(item.sku, item);
  }
  return found;
}

function batches(skus: readonly string[]): string[][] {
  const count = Math.ceil(skus.length / batch);
  return Array.from({ length: count }, (_, i) => skus.slice(i * batch, (i + 1) * batch));
}
