import type { HandlerContext } from "@connectrpc/connect";
import type { Product } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { outgoing } from "../../lib/rpc/index.ts";
import type { FacadeDeps } from "../facade.ts";
import { resolveSkus } from "../variant.ts";
import { fail } from "./reasons.ts";

/** A product on sale, with the SKU by which it was named. */
export interface Named {
  readonly product: Product;
  readonly sku: string;
}

/**
 * The product on sale that a SKU, or a product's id, names.
 * Errors: PRODUCT_NOT_FOUND.
 */
export async function requireProduct(deps: FacadeDeps, ctx: HandlerContext, id: string): Promise<Named> {
  const [sku = id] = await resolveSkus(deps, ctx, [id]);
  const { variants } = await deps.catalog.batchGetVariants({ skus: [sku] }, outgoing(ctx));
  const [found] = variants;
  if (found === undefined) throw fail("PRODUCT_NOT_FOUND", { id });
  const product = await deps.catalog.getProduct({ productId: found.productId }, outgoing(ctx));
  return { product, sku };
}

/** How often a change is tried on what others have made of the product meanwhile. */
const maxTries = 10;

/**
 * Changes a product by what `edit` makes of it as it is; undefined leaves it.
 * Errors: PRODUCT_NOT_FOUND, ETAG_MISMATCH.
 */
export async function changeProduct(
  deps: FacadeDeps,
  ctx: HandlerContext,
  { id, edit }: { id: string; edit: (named: Named) => Partial<Pick<Product, "title" | "variants">> },
): Promise<Named> {
  for (let tries = 1; ; tries++) {
    const named = await requireProduct(deps, ctx, id);
    const change = edit(named);
    const paths = Object.keys(change);
    if (paths.length === 0) return named;
    const { id: productId, etag } = named.product;
    try {
      const product = { ...change, id: productId, etag };
      const changed = await deps.catalog.updateProduct({ product, updateMask: { paths } }, outgoing(ctx));
      return { ...named, product: changed };
    } catch (err) {
      if (reasonOf(err) !== "ETAG_MISMATCH" || tries === maxTries) throw err;
    }
  }
}
