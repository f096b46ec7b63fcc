import type { MethodImpl } from "@connectrpc/connect";
import type { OnlineStoreService } from "../../../gen/rowlock/legacy/online_store/v1/online_store_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { findSummaries, listOffers } from "../offer.ts";

/** What there is of each product, and what is missing; one whose stock was never set has none. */
export function checkProductQuantity(
  deps: FacadeDeps,
): MethodImpl<typeof OnlineStoreService.method.checkProductQuantity> {
  return async (_request, ctx) => {
    const offers = await listOffers(deps, ctx);
    const summaries = await findSummaries(
      deps,
      ctx,
      offers.map(({ sku }) => sku),
    );
    const products = offers.map(({ sku, name }) => {
      const { available = 0n, demanded = 0n, shortfall = 0n } = summaries.get(sku) ?? {};
      return { productId: sku, name, available, demanded, toAdd: shortfall };
    });
    return { products };
  };
}
