import { sha256Hex } from "../../lib/ids/ids.ts";

/**
 * The id of the catalog's category for what a product's metadata calls its category: its letters and digits in small,
 * the rest hyphens. Names that have no such letters get an id of their own.
 */
export function categoryIdOf(name: string): string {
  const slug = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 64)
    .replace(/^-+|-+$/g, "");
  return slug || `category-${sha256Hex(name).slice(0, 16)}`;
}
