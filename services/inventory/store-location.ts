import { type Queryable, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";

/** What staff say of a place where stock is kept. */
export interface LocationContent {
  name: string;
  /** Which comes first; the highest. */
  priority: number;
  /** Whether nothing is to be sold from it. */
  paused: boolean;
}

/** A place where stock is kept. */
export interface Location extends LocationContent {
  id: string;
  createTime: Date;
  updateTime: Date;
}

const locationColumns = sql`
  id, name, priority, paused, create_time as "createTime", update_time as "updateTime"`;

/** All locations, the highest priority first. */
export async function listLocations(db: Queryable): Promise<Location[]> {
  return db.query<Location>(
    sql`select ${locationColumns} from location order by priority desc, id collate "C"`,
  );
}

/** Whether there is such a location. */
export async function isLocation(db: Queryable, id: string): Promise<boolean> {
  const rows = await db.query(sql`select 1 as there from location where id = ${id}`);
  return rows.length === 1;
}

/** Makes a location. Nothing is returned when its id is taken. */
export async function insertLocation(
  tx: Queryable,
  { id, name, priority, paused, now }: LocationContent & { id: string; now: Date },
): Promise<Location | undefined> {
  const [row] = await tx.query<Location>(sql`
    insert into location (id, name, priority, paused, create_time, update_time)
    values (${id}, ${name}, ${priority}, ${paused}, ${now}, ${now})
    on conflict on constraint location_pkey do nothing
    returning ${locationColumns}`);
  return row;
}

/** Changes what is given of a location; who watches its SKUs is told. Nothing is returned when there is none. */
export async function updateLocation(
  tx: Queryable,
  { id, name, priority, paused, now }: Partial<LocationContent> & { id: string; now: Date },
): Promise<Location | undefined> {
  const [row] = await tx.query<Location>(sql`
    update location set
      name = coalesce(${name ?? null}, name),
      priority = coalesce(${priority ?? null}, priority),
      paused = coalesce(${paused ?? null}, paused),
      update_time = ${now}
    where id = ${id}
    returning ${locationColumns}`);
  if (row !== undefined && paused !== undefined) {
    const stocked = await tx.query<{ sku: string }>(sql`select sku from stock where location_id = ${id}`);
    changed(
      tx,
      stocked.map(({ sku }) => sku),
    );
  }
  return row;
}
