import type { ListProductsRequest } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { ListProductsRequest_Sort as Sort } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { type Cursor, decodePageToken } from "../../lib/paging/paging.ts";
import { fail } from "./reasons.ts";

/** By what a list of products is ordered. */
export type ProductOrder = "relevance" | "newest" | "title" | "price-ascending" | "price-descending";

/** What a list of products is asked for; absent filters are undefined. */
export interface ProductFilter {
  categoryId: string | undefined;
  query: string | undefined;
  tag: string | undefined;
  currencyCode: string;
  /** Minor units. */
  minPrice: bigint | undefined;
  maxPrice: bigint | undefined;
  archived: boolean;
  order: ProductOrder;
}

/** The last row of the page before: its sort key (its kind depends on the order) and its id. */
export type ProductCursor = readonly [key: string | number, id: string];

const defaultCurrency = "USD";

/** Reads the filters of a request. Only a search has a relevance to be ordered by. */
export function readFilter(request: ListProductsRequest): ProductFilter {
  const query = request.query.trim();
  return {
    categoryId: request.categoryId || undefined,
    query: query || undefined,
    tag: request.tag || undefined,
    currencyCode: request.currencyCode || defaultCurrency,
    minPrice: request.minPrice,
    maxPrice: request.maxPrice,
    archived: request.archived,
    order: orderOf(request.sort, query !== ""),
  };
}

function orderOf(sort: Sort, search: boolean): ProductOrder {
  switch (sort) {
    case Sort.UNSPECIFIED:
      return search ? "relevance" : "newest";
    case Sort.NEWEST:
      return "newest";
    case Sort.TITLE:
      return "title";
    case Sort.PRICE_ASCENDING:
      return "price-ascending";
    case Sort.PRICE_DESCENDING:
      return "price-descending";
    default:
      return sort satisfies never;
  }
}

const keyKinds = {
  relevance: "number",
  // Milliseconds since 1970.
  newest: "number",
  title: "string",
  "price-ascending": "number",
  "price-descending": "number",
} as const satisfies Record<ProductOrder, "string" | "number">;

/**
 * Reads the page token; undefined on the first page. A token is not signed: whatever stands in it
 * must be something that the column's type can hold.
 *
 * @throws PAGE_TOKEN_INVALID
 */
export function readCursor(token: string, filter: ProductFilter): ProductCursor | undefined {
  const cursor = decodePageToken({ token, filter, like: [keyKinds[filter.order], "string"] });
  if (cursor === undefined) return undefined;
  if (!isStorable(cursor, filter.order)) throw fail("PAGE_TOKEN_INVALID", {});
  return cursor as unknown as ProductCursor;
}

// Of the year 9999: later ones have no common spelling.
const lastMillisecond = 253_402_300_799_999;

function isStorable([key, id]: Cursor, order: ProductOrder): boolean {
  if (typeof id !== "string" || id.includes("\0")) return false;
  switch (order) {
    case "relevance":
      return Number.isFinite(key);
    case "newest":
      return Number.isSafeInteger(key) && Number(key) >= 0 && Number(key) <= lastMillisecond;
    case "price-ascending":
    case "price-descending":
      return Number.isSafeInteger(key);
    case "title":
      return typeof key === "string" && !key.includes("\0");
    default:
      return order satisfies never;
  }
}
