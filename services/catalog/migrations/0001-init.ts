import { idempotencyTable } from "../../../lib/idempotency/idempotency.ts";

/**
 * Categories, products, variants and prices.
 *
 * `document` of products and variants is what a reader is shown, as JSON made by Postgres from the
 * tables themselves (`publishProduct` in store-products.ts): a page of 50 products is one index scan
 * over one table instead of some 200 lookups of children. Whatever writes a product publishes it in
 * the same transaction.
 *
 * Ids, SKUs and category ids sort by bytes on every server, so that page cursors mean the same
 * everywhere; titles sort as people expect, by ICU's root collation.
 */
export const init = `
${idempotencyTable}
create table categories (
  id text collate "C" not null,
  title text not null,
  parent_id text collate "C",
  constraint categories_pkey primary key (id),
  constraint categories_parent_id_fkey foreign key (parent_id) references categories (id),
  constraint categories_parent_is_another check (parent_id <> id)
);
create index categories_parent_id on categories (parent_id);

-- array_to_string is only stable (the text form of other element types may depend on settings); of
-- text it is immutable, as a generated column needs.
create function words(text[]) returns text
  language sql immutable strict parallel safe
  return array_to_string($1, ' ');

create table products (
  id text collate "C" not null,
  title text collate "und-x-icu" not null,
  description text not null,
  tags text[] not null,
  options jsonb not null,
  attributes jsonb not null,
  metadata jsonb not null,
  image_urls text[] not null,
  -- The SKUs of its variants, repeated here for the search column.
  skus text[] not null,
  -- Its categories and all above them, which never change: a category is made with its parent and
  -- not moved. Looked up by an index; found through the tree, every product would be read.
  shelf_ids text[] not null default '{}',
  state text not null default 'ACTIVE',
  revision bigint not null default 1,
  create_time timestamptz not null,
  update_time timestamptz not null,
  document json not null default '{}',
  search tsvector not null generated always as (
    setweight(to_tsvector('english', title), 'A')
    || setweight(to_tsvector('english', words(tags)), 'B')
    || setweight(to_tsvector('simple', words(skus)), 'A')
    || setweight(to_tsvector('english', description), 'C')
  ) stored,
  constraint products_pkey primary key (id),
  constraint products_state_known check (state in ('ACTIVE', 'ARCHIVED'))
);
create index products_newest on products (state, create_time, id);
create index products_title on products (state, title, id);
create index products_search on products using gin (search);
create index products_tags on products using gin (tags);
create index products_shelf_ids on products using gin (shelf_ids);

create table product_categories (
  product_id text collate "C" not null,
  category_id text collate "C" not null,
  position integer not null,
  constraint product_categories_pkey primary key (product_id, category_id),
  constraint product_categories_product_id_fkey foreign key (product_id) references products (id),
  constraint product_categories_category_id_fkey foreign key (category_id) references categories (id)
);
create index product_categories_category_id on product_categories (category_id, product_id);

create table variants (
  sku text collate "C" not null,
  product_id text collate "C" not null,
  position integer not null,
  title text not null,
  option_values jsonb not null,
  length_mm integer,
  width_mm integer,
  height_mm integer,
  weight_g integer,
  attributes jsonb not null,
  metadata jsonb not null,
  document json not null default '{}',
  constraint variants_sku_key primary key (sku),
  constraint variants_product_id_fkey foreign key (product_id) references products (id),
  constraint variants_product_id_sku_key unique (product_id, sku),
  constraint variants_package_whole check (num_nulls(length_mm, width_mm, height_mm, weight_g) in (0, 4))
);

create table prices (
  product_id text collate "C" not null,
  sku text collate "C" not null,
  currency_code text collate "C" not null,
  -- Minor units.
  amount bigint not null,
  position integer not null,
  constraint prices_pkey primary key (sku, currency_code),
  constraint prices_variant_fkey foreign key (product_id, sku)
    references variants (product_id, sku) on delete cascade,
  constraint prices_amount_range check (amount between 0 and 99999999999)
);
create index prices_product_id on prices (product_id, currency_code, amount, sku);
create index prices_cheapest on prices (currency_code, amount, product_id);
`;
