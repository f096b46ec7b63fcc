import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { actsAsStaff } from "../../../lib/rpc/index.ts";
import { toProduct } from "../convert.ts";
import { readCursor, readFilter } from "../product-list.ts";
import { fail } from "../reasons.ts";
import type { CatalogDeps } from "../service.ts";
import { listProductPage } from "../store-product-list.ts";

/** Lists products on sale; archived ones for staff. */
export function listProducts({ db }: CatalogDeps): MethodImpl<typeof CatalogService.method.listProducts> {
  return async (request, ctx) => {
    if (request.archived && !actsAsStaff(ctx)) throw fail("STAFF_ONLY", { field: "archived" });
    const filter = readFilter(request);
    const pageSize = pageSizeOf(request.pageSize);
    const rows = await listProductPage(db, {
      filter,
      after: readCursor(request.pageToken, filter),
      limit: pageSize + 1,
    });
    const { page, nextPageToken } = paginate({
      rows,
      pageSize,
      filter,
      cursorOf: ({ key, id }) => [key, id],
    });
    return { products: page.map(toProduct), nextPageToken };
  };
}
