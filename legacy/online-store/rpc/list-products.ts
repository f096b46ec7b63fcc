import type { MethodImpl } from "@connectrpc/connect";
import type { OnlineStoreService } from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { findAvailable, listOffers } from "../offer.ts";

/** All products, with what can be ordered of them now. */
export function listProducts(deps: FacadeDeps): MethodImpl<typeof OnlineStoreService.method.listProducts> {
  return async (_request, ctx) => {
    const offers = await listOffers(deps, ctx);
    const available = await findAvailable(
      deps,
      ctx,
      offers.map(({ sku }) => sku),
    );
    const products = offers.map(({ sku, name, description, price }) => ({
      id: sku,
      sku,
      name,
      description,
      price,
      currency: deps.currencyCode,
      quantity: available.get(sku) ?? 0n,
    }));
    return { products };
  };
}
