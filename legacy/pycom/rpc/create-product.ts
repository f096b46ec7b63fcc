import type { MethodImpl } from "@connectrpc/connect";
import type { PycomService } from "../../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { createStockedProduct } from "../../product.ts";

/** Makes a product of one variant, and its stock. */
export function createProduct(deps: FacadeDeps): MethodImpl<typeof PycomService.method.createProduct> {
  return async (request, ctx) => {
    const { name, price, quantity } = request;
    const { sku } = await createStockedProduct(deps, ctx, request);
    return { id: sku, name, price, quantity };
  };
}
