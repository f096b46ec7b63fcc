import type { HandlerContext } from "@connectrpc/connect";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { outgoing } from "../../lib/rpc/index.ts";
import type { FacadeDeps } from "../facade.ts";
import { categoryIdOf, categoryTitleOf } from "./category.ts";

/** Makes the category that a product's metadata names, unless there is one; another title of it stays. */
export async function ensureCategory(
  { catalog }: Pick<FacadeDeps, "catalog">,
  ctx: HandlerContext,
  name: string,
): Promise<void> {
  if (name === "") return;
  const category = { id: categoryIdOf(name), title: categoryTitleOf(name) };
  try {
    await catalog.createCategory({ category }, outgoing(ctx));
  } catch (err) {
    if (reasonOf(err) !== "CATEGORY_EXISTS") throw err;
  }
}
