import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { requireProduct, showProducts } from "../show-products.ts";

/** Returns a product on sale. */
export function getProduct(deps: FacadeDeps): MethodImpl<typeof MicroServicesService.method.getProduct> {
  return async ({ id }, ctx) => {
    const [shown] = await showProducts(deps, ctx, [await requireProduct(deps, ctx, id)]);
    return shown ?? {};
  };
}
