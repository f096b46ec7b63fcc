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

/** Its title in the catalog: as much of the name as fits. */
export function categoryTitleOf(name: string): string {
  return firstCharacters(name, 200);
}

/** The tag of its products, by which a search finds them: as much of the name as fits. */
export function categoryTagOf(name: string): string {
  return firstCharacters(name, 64);
}

/** Whole characters: half of one is no text. */
function firstCharacters(text: string, count: number): string {
  return [...text].slice(0, count).join("");
}
