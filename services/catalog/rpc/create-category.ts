import type { MethodImpl } from "@connectrpc/connect";
import { CatalogService, type Category } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { Queryable } from "../../../lib/db/index.ts";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toCategory } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CatalogDeps } from "../service.ts";
import { findCategory, insertCategory } from "../store-categories.ts";

/** Creates a category. Creating the same again returns it. */
export function createCategory({ db }: CatalogDeps): MethodImpl<typeof CatalogService.method.createCategory> {
  return async (request, ctx) => {
    const { category, requestId } = request;
    if (category === undefined)
      throw invalidArgument([{ field: "category", description: "value is required" }]);
    if (requestId === "") return makeCategory(db, category);
    const call = keyedCall(CatalogService.method.createCategory, request, ctx);
    return db.transaction((tx) => once(tx, call, () => makeCategory(tx, category)));
  };
}

async function makeCategory(db: Queryable, { id, title, parentId }: Category): Promise<Category> {
  const parent_id = parentId || null;
  const inserted = await insertCategory(db, { id, title, parent_id });
  if (inserted !== undefined) return toCategory(inserted);
  const present = await findCategory(db, id);
  if (present === undefined) throw fail("CATEGORY_NOT_FOUND", { category_id: parentId });
  if (present.title !== title || present.parent_id !== parent_id) {
    throw fail("CATEGORY_EXISTS", { category_id: id });
  }
  return toCategory(present);
}
