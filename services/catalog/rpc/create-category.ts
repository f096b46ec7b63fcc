import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { toCategory } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CatalogDeps } from "../service.ts";
import { findCategory, insertCategory } from "../store-categories.ts";

/** Creates a category. Creating the same again returns it. */
export function createCategory({ db }: CatalogDeps): MethodImpl<typeof CatalogService.method.createCategory> {
  return async ({ category }) => {
    if (category === undefined)
      throw invalidArgument([{ field: "category", description: "value is required" }]);
    const { id, title } = category;
    const parent_id = category.parentId || null;
    const inserted = await insertCategory(db, { id, title, parent_id });
    if (inserted !== undefined) return toCategory(inserted);
    const present = await findCategory(db, id);
    if (present === undefined) throw fail("CATEGORY_NOT_FOUND", { category_id: category.parentId });
    if (present.title !== title || present.parent_id !== parent_id) {
      throw fail("CATEGORY_EXISTS", { category_id: id });
    }
    return toCategory(present);
  };
}
