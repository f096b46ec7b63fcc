import type { MethodImpl } from "@connectrpc/connect";
import type { OnlineStoreService } from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { createStockedProduct } from "../../product.ts";

/** Makes a product of one variant, and its stock. */
export function createProduct(deps: FacadeDeps): MethodImpl<typeof OnlineStoreService.method.createProduct> {
  return async (request, ctx) => {
    const { name, description, price } = request;
    const { sku, available } = await createStockedProduct(deps, ctx, request);
    return {
      id: sku,
      sku,
      name,
      description,
      price,
      currency: deps.currencyCode,
      quantity: available,
    };
  };
}
