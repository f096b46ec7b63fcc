import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Profile, ProfileContent } from "./profile.ts";

const columns = sql`
  id, email, email_verified as "emailVerified", name, phone, language, accepts_marketing as "acceptsMarketing",
  revision, create_time as "createTime", update_time as "updateTime"`;

/** One profile. */
export async function findProfile(db: Queryable, id: string): Promise<Profile | undefined> {
  const [row] = await db.query<Profile>(sql`select ${columns} from profile where id = ${id}`);
  return row;
}

/** One page of profiles below an id, the newest first, of one e-mail address when it is not empty; with one row more than asked for. */
export async function listProfiles(
  db: Queryable,
  { below, email, limit }: { below: string | undefined; email: string; limit: number },
): Promise<Profile[]> {
  const older = below === undefined ? sql`true` : sql`id < ${below}`;
  const whose = email === "" ? sql`true` : sql`email <> '' and lower(email) = lower(${email})`;
  return db.query<Profile>(sql`
    select ${columns} from profile where ${older} and ${whose} order by id desc limit ${limit + 1}`);
}

/**
 * The profile, made if need be; nobody else changes it or its addresses until the transaction ends. Undefined when the
 * customer is being erased or was.
 */
export async function openProfile(
  tx: Queryable,
  { id, now }: { id: string; now: Date },
): Promise<Profile | undefined> {
  const [row] = await tx.query<Profile>(sql`
    insert into profile (id, create_time, update_time)
    select ${id}, ${now}, ${now} where not exists (select from erasure where customer_id = ${id})
    on conflict on constraint profile_pkey do update set id = excluded.id
    returning ${columns}`);
  return row;
}

/** Whether there is a profile; nobody else changes it or its addresses until the transaction ends. */
export async function lockProfile(tx: Queryable, id: string): Promise<boolean> {
  const rows = await tx.query(sql`select 1 as present from profile where id = ${id} for update`);
  return rows.length > 0;
}

/** Replaces what a customer may change. The caller has opened the profile. */
export async function updateProfile(
  tx: Queryable,
  { id, content, now }: { id: string; content: ProfileContent; now: Date },
): Promise<Profile> {
  const [row] = await tx.query<Profile>(sql`
    update profile set name = ${content.name}, phone = ${content.phone}, language = ${content.language},
      accepts_marketing = ${content.acceptsMarketing}, revision = revision + 1, update_time = ${now}
    where id = ${id}
    returning ${columns}`);
  if (row === undefined) throw new Error(`profile ${id} vanished`);
  return row;
}

/**
 * Takes over what an account says; the revision grows when that is new. Undefined when the customer is being erased or
 * was. One statement: of two at once the later has the last word.
 */
export async function recordProfile(
  db: Queryable,
  account: Pick<Profile, "id" | "email" | "emailVerified" | "name"> & { createTime: Date | null; now: Date },
): Promise<Profile | undefined> {
  const { id, email, emailVerified, name, createTime, now } = account;
  const called = sql`case when profile.name = '' then excluded.name else profile.name end`;
  const created = createTime === null ? sql`profile.create_time` : sql`excluded.create_time`;
  const isNew = sql`(profile.email, profile.email_verified, profile.name, profile.create_time)
    is distinct from (excluded.email, excluded.email_verified, ${called}, ${created})`;
  const [row] = await db.query<Profile>(sql`
    insert into profile (id, email, email_verified, name, revision, create_time, update_time)
    select ${id}, ${email}, ${emailVerified}, ${name}, 1, ${createTime ?? now}, ${now}
    where not exists (select from erasure where customer_id = ${id})
    on conflict on constraint profile_pkey do update set
      email = excluded.email, email_verified = excluded.email_verified, name = ${called}, create_time = ${created},
      revision = profile.revision + (${isNew})::int,
      update_time = case when ${isNew} then excluded.update_time else profile.update_time end
    returning ${columns}`);
  return row;
}
