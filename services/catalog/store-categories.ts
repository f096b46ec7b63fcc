import { type Queryable, sql } from "../../lib/db/index.ts";

export interface CategoryRow {
  id: string;
  title: string;
  parent_id: string | null;
}

/**
 * Inserts a category whose id is free and whose parent exists (or is null): undefined when either is
 * not so. Categories are never deleted, so the parent stays.
 */
export async function insertCategory(db: Queryable, category: CategoryRow): Promise<CategoryRow | undefined> {
  const { id, title, parent_id } = category;
  const [row] = await db.query<CategoryRow>(sql`
    insert into categories (id, title, parent_id)
    select ${id}::text, ${title}::text, ${parent_id}::text
    where ${parent_id}::text is null or exists (select from categories where id = ${parent_id}::text)
    on conflict on constraint categories_pkey do nothing
    returning id, title, parent_id`);
  return row;
}

export async function findCategory(db: Queryable, id: string): Promise<CategoryRow | undefined> {
  const [row] = await db.query<CategoryRow>(sql`
    select id, title, parent_id from categories where id = ${id}::text`);
  return row;
}

/** Up to `limit` categories by id, those after `after` ("" for the first page: no id is empty). */
export async function listCategories(
  db: Queryable,
  { after, limit }: { after: string; limit: number },
): Promise<CategoryRow[]> {
  return db.query<CategoryRow>(sql`
    select id, title, parent_id from categories
    where id > ${after}::text
    order by id
    limit ${limit}::int`);
}
