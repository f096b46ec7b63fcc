import type { ListProductsRequest } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { ListProductsRequest_Sort as Sort } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { type CursorKind, decodePageToken } from "../../lib/paging/paging.ts";

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
  newest: "time",
  title: "text",
  "price-ascending": "integer",
  "price-descending": "integer",
} as const satisfies Record<ProductOrder, CursorKind>;

/**
 * Reads the page token; undefined on the first page.
 *
 * @throws PAGE_TOKEN_INVALID
 */
export function readCursor(token: string, filter: ProductFilter): ProductCursor | undefined {
  const cursor = decodePageToken({ token, filter, like: [keyKinds[filter.order], "text"] });
  return cursor as ProductCursor | undefined;
}
