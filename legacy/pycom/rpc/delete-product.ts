import type { MethodImpl } from "@connectrpc/connect";
import type { PycomService } from "../../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { nameOf } from "../../text-value.ts";
import { changeProduct } from "../change-product.ts";

/** Takes a variant off sale, and with the last one its product. */
export function deleteProduct(deps: FacadeDeps): MethodImpl<typeof PycomService.method.deleteProduct> {
  return async (request, ctx) => {
    const { product, sku } = await changeProduct(deps, ctx, {
      id: nameOf(request.id, "id"),
      edit: ({ product: { variants }, sku: own }) =>
        variants.length === 1 ? {} : { variants: variants.filter((each) => each.sku !== own) },
    });
    const last = product.variants.some((each) => each.sku === sku);
    if (last) await deps.catalog.archiveProduct({ productId: product.id }, outgoing(ctx));
    return { id: sku, deleted: true };
  };
}
