import { joinSql, type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import type { ProductCursor, ProductFilter } from "./product-list.ts";
import type { ProductRow } from "./store-products.ts";

/** A product of a list, with what a cursor is made of. */
export interface ListedProduct extends ProductRow {
  id: string;
  key: string | number;
}

/**
 * One page of products, in one statement. The filters that are not asked for are left out of its
 * text, so that each combination is planned for itself and walks its own index; there are at most
 * some hundred texts.
 */
export async function listProductPage(
  db: Queryable,
  { filter, after, limit }: { filter: ProductFilter; after: ProductCursor | undefined; limit: number },
): Promise<ListedProduct[]> {
  const { key, from, where, beyond, direction } = orderings[filter.order](filter, after);
  const conditions = [
    sql`p.state = ${filter.archived ? "ARCHIVED" : "ACTIVE"}`,
    ...where,
    ...conditionsOf(filter),
    ...(beyond === undefined ? [] : [beyond]),
  ];
  const rows = await db.query<Omit<ListedProduct, "key"> & { key: string | number | bigint | Date }>(sql`
    select p.id, p.document, p.state, p.revision, p.create_time, p.update_time, ${key} as key
    from ${from}
    where ${joinSql(conditions, sql` and `)}
    order by ${direction}
    limit ${limit}::int`);
  return rows.map((row) => ({ ...row, key: typeof row.key === "string" ? row.key : Number(row.key) }));
}

function conditionsOf(filter: ProductFilter): Sql[] {
  const conditions: Sql[] = [];
  if (filter.categoryId !== undefined) {
    conditions.push(sql`p.shelf_ids @> array[${filter.categoryId}::text]`);
  }
  if (filter.query !== undefined) {
    conditions.push(sql`p.search @@ ${searchOf(filter.query)}`);
  }
  if (filter.tag !== undefined) {
    conditions.push(sql`p.tags @> array[${filter.tag}::text]`);
  }
  if (filter.minPrice !== undefined || filter.maxPrice !== undefined) {
    const bounds = [
      ...(filter.minPrice === undefined ? [] : [sql` and b.amount >= ${filter.minPrice}::bigint`]),
      ...(filter.maxPrice === undefined ? [] : [sql` and b.amount <= ${filter.maxPrice}::bigint`]),
    ];
    conditions.push(sql`exists (
      select from prices b
      where b.product_id = p.id and b.currency_code = ${filter.currencyCode}::text${joinSql(bounds, sql``)})`);
  }
  return conditions;
}

const wholeSku = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The words as English; besides, when there is just one that could be a SKU, that SKU as it stands,
 * since SKUs are not stemmed and may be stop words.
 */
function searchOf(query: string): Sql {
  return wholeSku.test(query)
    ? sql`(websearch_to_tsquery('english', ${query}::text) || phraseto_tsquery('simple', ${query}::text))`
    : sql`websearch_to_tsquery('english', ${query}::text)`;
}

interface Ordering {
  /** The sort key, as text, integer, double or time. */
  key: Sql;
  from: Sql;
  /** What the order itself asks of a row. */
  where: Sql[];
  /** What comes after the cursor. */
  beyond: Sql | undefined;
  direction: Sql;
}

type Order = (filter: ProductFilter, after: ProductCursor | undefined) => Ordering;

const orderings: Record<ProductFilter["order"], Order> = {
  newest: (_filter, after) => ({
    key: sql`p.create_time`,
    from: sql`products p`,
    where: [],
    beyond: after && sql`(p.create_time, p.id) < (${new Date(after[0])}::timestamptz, ${after[1]}::text)`,
    direction: sql`p.create_time desc, p.id desc`,
  }),
  title: (_filter, after) => ({
    key: sql`p.title`,
    from: sql`products p`,
    where: [],
    beyond: after && sql`(p.title, p.id) > (${after[0]}::text, ${after[1]}::text)`,
    direction: sql`p.title, p.id`,
  }),
  // In double precision: the cursor's number comes back from JSON as exactly the same.
  relevance: (filter, after) => {
    const key = sql`ts_rank(p.search, ${searchOf(filter.query ?? "")})::float8`;
    return {
      key,
      from: sql`products p`,
      where: [],
      beyond: after && sql`(-${key}, p.id) > (-${after[0]}::float8, ${after[1]}::text)`,
      direction: sql`key desc, p.id`,
    };
  },
  "price-ascending": (filter, after) => ({
    ...byPrice(filter),
    beyond: after && sql`(c.amount, c.product_id) > (${after[0]}::bigint, ${after[1]}::text)`,
    direction: sql`c.amount, c.product_id`,
  }),
  "price-descending": (filter, after) => ({
    ...byPrice(filter),
    beyond: after && sql`(c.amount, c.product_id) < (${after[0]}::bigint, ${after[1]}::text)`,
    direction: sql`c.amount desc, c.product_id desc`,
  }),
};

/** Walks the prices by amount and keeps each product's cheapest one (of equals, that of the first SKU). */
function byPrice(filter: ProductFilter): Pick<Ordering, "key" | "from" | "where"> {
  return {
    key: sql`c.amount`,
    from: sql`prices c join products p on p.id = c.product_id`,
    where: [
      sql`c.currency_code = ${filter.currencyCode}::text`,
      sql`not exists (
        select from prices o
        where o.product_id = c.product_id and o.currency_code = c.currency_code
          and (o.amount, o.sku) < (c.amount, c.sku))`,
    ],
  };
}
