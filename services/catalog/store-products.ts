import type { Product, Variant } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { type Queryable, sql } from "../../lib/db/index.ts";
import type { ProductDocument, VariantDocument } from "./convert.ts";
import { fail } from "./reasons.ts";

/** What a product is shown from. */
export interface ProductRow {
  document: ProductDocument;
  state: "ACTIVE" | "ARCHIVED";
  revision: bigint;
  create_time: Date;
  update_time: Date;
}

/** What a variant on sale is shown from. */
export interface VariantRow {
  document: VariantDocument;
  product_id: string;
  product_title: string;
  image_url: string;
  /** As the product has them, in its order. */
  category_ids: string[];
  tax_category: string;
}

/** The product, or undefined. */
export async function findProduct(db: Queryable, id: string): Promise<ProductRow | undefined> {
  const [row] = await db.query<ProductRow>(sql`
    select document, state, revision, create_time, update_time
    from products where id = ${id}::text`);
  return row;
}

/** As `findProduct`, and no one else can change the product until the transaction ends. */
export async function lockProduct(tx: Queryable, id: string): Promise<ProductRow | undefined> {
  const [row] = await tx.query<ProductRow>(sql`
    select document, state, revision, create_time, update_time
    from products where id = ${id}::text
    for update`);
  return row;
}

/** The products that exist among `ids`, in no particular order. */
export async function findProducts(
  db: Queryable,
  ids: readonly string[],
): Promise<(ProductRow & { id: string })[]> {
  return db.query<ProductRow & { id: string }>(sql`
    select id, document, state, revision, create_time, update_time
    from products where id = any(${ids}::text[])`);
}

/** The variants of the SKUs that are on sale, in no particular order. */
export async function findSellableVariants(db: Queryable, skus: readonly string[]): Promise<VariantRow[]> {
  return db.query<VariantRow>(sql`
    select v.document, v.product_id, p.title as product_title, coalesce(p.image_urls[1], '') as image_url,
      p.tax_category,
      array(select category_id from product_categories where product_id = p.id order by position) as category_ids
    from variants v
    join products p on p.id = v.product_id
    where v.sku = any(${skus}::text[]) and p.state = 'ACTIVE'`);
}

/** Inserts the product itself; its categories and variants follow, then `publishProduct`. */
export async function insertProduct(
  tx: Queryable,
  { id, product, now }: { id: string; product: Product; now: Date },
): Promise<void> {
  await tx.query(sql`
    insert into products (id, title, description, tags, options, attributes, metadata, image_urls, skus,
      tax_category, create_time, update_time)
    values (${id}, ${product.title}, ${product.description}, ${product.tags}, ${optionsJson(product)}::jsonb,
      ${JSON.stringify(product.attributes)}::jsonb, ${JSON.stringify(product.metadata)}::jsonb,
      ${product.imageUrls}, ${skusOf(product)}, ${product.taxCategory}, ${now}, ${now})`);
}

/** Writes the product itself, one revision further; to be published by `publishProduct`. */
export async function updateProductRow(
  tx: Queryable,
  { id, product, now }: { id: string; product: Product; now: Date },
): Promise<void> {
  await tx.query(sql`
    update products set
      title = ${product.title},
      description = ${product.description},
      tags = ${product.tags},
      options = ${optionsJson(product)}::jsonb,
      attributes = ${JSON.stringify(product.attributes)}::jsonb,
      metadata = ${JSON.stringify(product.metadata)}::jsonb,
      image_urls = ${product.imageUrls},
      skus = ${skusOf(product)},
      tax_category = ${product.taxCategory},
      revision = revision + 1,
      update_time = ${now}
    where id = ${id}`);
}

/** Takes a product off sale; undefined when it does not exist or is off sale already. */
export async function archiveIfActive(
  db: Queryable,
  { id, now }: { id: string; now: Date },
): Promise<ProductRow | undefined> {
  const [row] = await db.query<ProductRow>(sql`
    update products set state = 'ARCHIVED', revision = revision + 1, update_time = ${now}
    where id = ${id} and state = 'ACTIVE'
    returning document, state, revision, create_time, update_time`);
  return row;
}

export async function deleteCategoriesOf(tx: Queryable, productId: string): Promise<void> {
  await tx.query(sql`delete from product_categories where product_id = ${productId}`);
}

/** @throws CATEGORY_NOT_FOUND with the first id that is no category. */
export async function insertCategoriesOf(
  tx: Queryable,
  productId: string,
  categoryIds: readonly string[],
): Promise<void> {
  if (categoryIds.length === 0) return;
  const rows = await tx.query<{ category_id: string }>(sql`
    insert into product_categories (product_id, category_id, position)
    select ${productId}::text, c.id, asked.position
    from unnest(${categoryIds}::text[]) with ordinality as asked (id, position)
    join categories c on c.id = asked.id
    returning category_id`);
  const found = new Set(rows.map((row) => row.category_id));
  const missing = categoryIds.find((id) => !found.has(id));
  if (missing !== undefined) throw fail("CATEGORY_NOT_FOUND", { category_id: missing });
}

/** Deletes the product's variants; their prices go with them. */
export async function deleteVariantsOf(tx: Queryable, productId: string): Promise<void> {
  await tx.query(sql`delete from variants where product_id = ${productId}`);
}

/**
 * Inserts variants with their prices. Waits for any transaction that is inserting one of the SKUs;
 * SKUs go in by their order, so that two of these cannot wait for each other.
 *
 * @throws SKU_TAKEN with the first SKU that another product has.
 */
export async function insertVariants(
  tx: Queryable,
  productId: string,
  variants: readonly Variant[],
): Promise<void> {
  const rows = await tx.query<{ sku: string }>(sql`
    with asked as (
      select *
      from jsonb_to_recordset(${variantsJson(variants)}::jsonb) as v (
        sku text, position int, title text, option_values jsonb, length_mm int, width_mm int,
        height_mm int, weight_g int, attributes jsonb, metadata jsonb, origin_country_code text,
        tariff_number text, prices jsonb)
    ), inserted as (
      insert into variants (sku, product_id, position, title, option_values,
        length_mm, width_mm, height_mm, weight_g, attributes, metadata, origin_country_code, tariff_number)
      select sku, ${productId}::text, position, title, option_values,
        length_mm, width_mm, height_mm, weight_g, attributes, metadata, origin_country_code, tariff_number
      from asked
      order by sku collate "C"
      on conflict on constraint variants_sku_key do nothing
      returning sku
    ), priced as (
      insert into prices (product_id, sku, currency_code, amount, position)
      select ${productId}::text, asked.sku, p.currency_code, p.amount, p.position
      from asked
      join inserted on inserted.sku = asked.sku
      cross join lateral jsonb_to_recordset(asked.prices)
        as p (currency_code text, amount bigint, position int)
    )
    select sku from inserted`);
  const inserted = new Set(rows.map((row) => row.sku));
  const taken = variants.find(({ sku }) => !inserted.has(sku));
  if (taken !== undefined) throw fail("SKU_TAKEN", { sku: taken.sku });
}

/**
 * Makes what readers use from the tables: the documents of a product and its variants, and the
 * categories that it is found under. Returns the product's row.
 */
export async function publishProduct(tx: Queryable, id: string): Promise<ProductRow> {
  const [row] = await tx.query<ProductRow>(sql`
    with recursive shelf as (
      select category_id as id from product_categories where product_id = ${id}
      union
      select c.parent_id from categories c join shelf on shelf.id = c.id where c.parent_id is not null
    ), shown as (
      update variants v set document = json_build_object(
        'sku', v.sku,
        'title', v.title,
        'optionValues', v.option_values,
        'prices', (
          select json_agg(json_build_object('currencyCode', currency_code, 'amount', amount) order by position)
          from prices where sku = v.sku),
        'package', case when v.weight_g is not null then json_build_object(
          'lengthMm', v.length_mm, 'widthMm', v.width_mm, 'heightMm', v.height_mm, 'weightG', v.weight_g) end,
        'attributes', v.attributes,
        'metadata', v.metadata,
        'originCountryCode', v.origin_country_code,
        'tariffNumber', v.tariff_number)
      where v.product_id = ${id}
      returning v.position, v.document
    )
    update products p set shelf_ids = array(select id from shelf), document = json_build_object(
      'id', p.id,
      'title', p.title,
      'description', p.description,
      'categoryIds', coalesce((
        select json_agg(category_id order by position)
        from product_categories where product_id = p.id), '[]'),
      'tags', p.tags,
      'options', p.options,
      'variants', (select json_agg(shown.document order by shown.position) from shown),
      'attributes', p.attributes,
      'metadata', p.metadata,
      'imageUrls', p.image_urls,
      'taxCategory', p.tax_category)
    where p.id = ${id}
    returning document, state, revision, create_time, update_time`);
  if (row === undefined) throw new Error(`product ${id} is to be published and does not exist`);
  return row;
}

function skusOf({ variants }: Product): string[] {
  return variants.map(({ sku }) => sku);
}

function optionsJson({ options }: Product): string {
  return JSON.stringify(options.map(({ name, values }) => ({ name, values })));
}

function variantsJson(variants: readonly Variant[]): string {
  return JSON.stringify(
    variants.map((variant, position) => ({
      sku: variant.sku,
      position,
      title: variant.title,
      option_values: variant.optionValues,
      length_mm: variant.package?.lengthMm,
      width_mm: variant.package?.widthMm,
      height_mm: variant.package?.heightMm,
      weight_g: variant.package?.weightG,
      attributes: variant.attributes,
      metadata: variant.metadata,
      origin_country_code: variant.originCountryCode,
      tariff_number: variant.tariffNumber,
      prices: variant.prices.map(({ currencyCode, amount }, place) => ({
        currency_code: currencyCode,
        // A string, which Postgres reads as a bigint: no amount passes through a double.
        amount: amount.toString(),
        position: place,
      })),
    })),
  );
}
