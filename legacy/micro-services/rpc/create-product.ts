import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { newId } from "../../../lib/ids/ids.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { newProduct, toProduct } from "../product.ts";
import { staffKey } from "../request-key.ts";
import { ensureCategory } from "../shelve.ts";

/** Adds a product, then its stock: until it is set, there is none to be sold. */
export function createProduct(
  deps: FacadeDeps,
): MethodImpl<typeof MicroServicesService.method.createProduct> {
  const { catalog, inventory, currencyCode } = deps;
  return async (request, ctx) => {
    const key = staffKey(request.requestId, ctx, "product");
    // A repetition has to ask for the same SKU.
    const sku = key === "" ? newId("sku") : `sku_${key.slice(0, 32)}`;
    await ensureCategory(deps, ctx, request.metadata["category"] ?? "");
    const product = await catalog.createProduct(
      { product: newProduct(request, { sku, currencyCode }), requestId: key },
      outgoing(ctx),
    );
    const onHand = request.inventory?.quantity ?? 0n;
    const stock = await inventory.setStock(
      { sku, onHand, reason: "micro-services", requestId: key },
      outgoing(ctx),
    );
    return toProduct(product, { currencyCode, available: new Map([[sku, stock.available]]) });
  };
}
