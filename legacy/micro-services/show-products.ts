import type { HandlerContext } from "@connectrpc/connect";
import type { Product as CatalogProduct } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { Product } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { outgoing } from "../../lib/rpc/index.ts";
import { isNotFound } from "../cart.ts";
import type { FacadeDeps } from "../facade.ts";
import { isOnSale, toProduct } from "./product.ts";
import { fail } from "./reasons.ts";

/** As many SKUs as Inventory tells the stock of in one call. */
const maxSkus = 200;

/** Products as this API shows them, with their stock. */
export async function showProducts(
  { inventory, currencyCode }: Pick<FacadeDeps, "inventory" | "currencyCode">,
  ctx: HandlerContext,
  products: readonly CatalogProduct[],
): Promise<Product[]> {
  const wanted = products.flatMap(({ variants }) => variants.map(({ sku }) => ({ sku, quantity: 1n })));
  const available = new Map<string, bigint>();
  for (let at = 0; at < wanted.length; at += maxSkus) {
    const lines = wanted.slice(at, at + maxSkus);
    for (const line of (await inventory.checkAvailability({ lines }, outgoing(ctx))).lines) {
      available.set(line.sku, line.available);
    }
  }
  return products.map((product) => toProduct(product, { currencyCode, available }));
}

/**
 * A product on sale.
 * Errors: PRODUCT_NOT_FOUND, also for one that is no longer sold.
 */
export async function requireProduct(
  { catalog }: Pick<FacadeDeps, "catalog">,
  ctx: HandlerContext,
  productId: string,
): Promise<CatalogProduct> {
  const product = await findProduct({ catalog }, ctx, productId);
  if (product === undefined || !isOnSale(product)) throw fail("PRODUCT_NOT_FOUND", { product_id: productId });
  return product;
}

/** A product, also one that is no longer sold; undefined when there never was one. */
export async function findProduct(
  { catalog }: Pick<FacadeDeps, "catalog">,
  ctx: HandlerContext,
  productId: string,
): Promise<CatalogProduct | undefined> {
  try {
    return await catalog.getProduct({ productId }, outgoing(ctx));
  } catch (err) {
    if (isNotFound(err)) return undefined;
    throw err;
  }
}
