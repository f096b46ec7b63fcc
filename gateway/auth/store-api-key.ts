import { type Queryable, sql } from "../../lib/db/index.ts";
import type { ApiKeyRow } from "./api-key.ts";

const columns = sql`id, name, role, areas, hint, expire_time as "expireTime", revoke_time as "revokeTime",
  use_time as "useTime", create_time as "createTime"`;

/** Stores a new key: its digest, never the key. */
export async function insertApiKey(
  db: Queryable,
  key: Pick<ApiKeyRow, "id" | "name" | "role" | "areas" | "hint" | "expireTime" | "createTime"> & {
    digest: Uint8Array;
  },
): Promise<ApiKeyRow> {
  const [row] = await db.query<ApiKeyRow>(sql`
    insert into api_key (id, name, role, areas, digest, hint, expire_time, create_time)
    values (${key.id}, ${key.name}, ${key.role}, ${key.areas}, ${key.digest}, ${key.hint}, ${key.expireTime},
      ${key.createTime})
    returning ${columns}`);
  if (row === undefined) throw new Error("an insert without a row");
  return row;
}

/** Revokes a key that was not revoked before; the key either way, or undefined when there is none. */
export async function revokeKey(
  db: Queryable,
  { id, now }: { id: string; now: Date },
): Promise<ApiKeyRow | undefined> {
  const [row] = await db.query<ApiKeyRow>(sql`
    update api_key set revoke_time = coalesce(revoke_time, ${now}) where id = ${id} returning ${columns}`);
  return row;
}

/** Keys from the newest on, after the one with the id `after`. */
export async function listKeys(
  db: Queryable,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<ApiKeyRow[]> {
  return db.query<ApiKeyRow>(sql`
    select ${columns} from api_key
    where ${after === undefined ? sql`true` : sql`id < ${after}`}
    order by id desc limit ${limit}`);
}

/** The key with this digest. */
export async function findKeyByDigest(db: Queryable, digest: Uint8Array): Promise<ApiKeyRow | undefined> {
  const [row] = await db.query<ApiKeyRow>(sql`select ${columns} from api_key where digest = ${digest}`);
  return row;
}

/** The digest of a key. */
export async function findDigest(db: Queryable, id: string): Promise<Uint8Array | undefined> {
  const [row] = await db.query<{ digest: Uint8Array }>(sql`select digest from api_key where id = ${id}`);
  return row?.digest;
}

/** Records the minute of a key's use, unless a later one is recorded. */
export async function recordUse(db: Queryable, { id, minute }: { id: string; minute: Date }): Promise<void> {
  await db.execute(sql`
    update api_key set use_time = ${minute} where id = ${id} and (use_time is null or use_time < ${minute})`);
}
