import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { Product } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import type {
  MicroServicesService,
  UpdateProductRequest,
} from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { reasonOf } from "../../../lib/errors/reasons.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { changeOf } from "../product.ts";
import { ensureCategory } from "../shelve.ts";
import { requireProduct, showProducts } from "../show-products.ts";

/** How often an update is made anew when somebody else changes the product meanwhile. */
const maxTries = 5;

/**
 * Changes a product. Entries of the metadata are merged with those that are there, so the product is read first, and
 * its etag says whether it is still the one that was read. Repeating it changes nothing, with or without a key.
 */
export function updateProduct(
  deps: FacadeDeps,
): MethodImpl<typeof MicroServicesService.method.updateProduct> {
  return async (request, ctx) => {
    const [shown] = await showProducts(deps, ctx, [await update(deps, ctx, request)]);
    return shown ?? {};
  };
}

async function update(
  deps: FacadeDeps,
  ctx: HandlerContext,
  request: UpdateProductRequest,
): Promise<Product> {
  for (let tries = 1; ; tries++) {
    const product = await requireProduct(deps, ctx, request.id);
    const { product: fields, paths } = changeOf(product, request);
    if (paths.length === 0) return product;
    await ensureCategory(deps, ctx, fields.metadata?.["category"] ?? "");
    try {
      return await deps.catalog.updateProduct(
        { product: { ...fields, id: product.id, etag: product.etag }, updateMask: { paths } },
        outgoing(ctx),
      );
    } catch (err) {
      if (reasonOf(err) !== "ETAG_MISMATCH" || tries === maxTries) throw err;
    }
  }
}
