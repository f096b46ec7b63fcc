import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toCategory } from "../convert.ts";
import type { CatalogDeps } from "../service.ts";
import { listCategories as readPage } from "../store-categories.ts";

/** Lists all categories by id. */
export function listCategories({ db }: CatalogDeps): MethodImpl<typeof CatalogService.method.listCategories> {
  return async (request) => {
    const filter = "categories";
    const [after = ""] = decodePageToken({ token: request.pageToken, filter, like: ["text"] }) ?? [];
    const pageSize = pageSizeOf(request.pageSize);
    const rows = await readPage(db, { after, limit: pageSize + 1 });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: ({ id }) => [id] });
    return { categories: page.map(toCategory), nextPageToken };
  };
}
