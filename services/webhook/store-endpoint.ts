import { type Queryable, sql } from "../../lib/db/index.ts";
import {
  type DisabledReason,
  type Endpoint,
  type EndpointContent,
  maxEndpoints,
  type SealedSecrets,
} from "./endpoint.ts";

const columns = sql`
  id, url, event_types as "eventTypes", description, disabled, disabled_reason as "disabledReason", revision,
  create_time as "createTime", update_time as "updateTime"`;

const secretColumns = sql`
  id, secret, previous_secret as "previousSecret", previous_expire_time as "previousExpireTime"`;

/** Adds an endpoint; undefined when there are as many as there may be. Two who add at once wait for each other. */
export async function insertEndpoint(
  tx: Queryable,
  { id, content, secret, now }: { id: string; content: EndpointContent; secret: Uint8Array; now: Date },
): Promise<Endpoint | undefined> {
  await tx.execute(sql`lock table endpoint in share row exclusive mode`);
  const [row] = await tx.query<Endpoint>(sql`
    insert into endpoint (id, url, event_types, description, disabled, secret, create_time, update_time)
    select ${id}, ${content.url}, ${content.eventTypes}::text[], ${content.description}, ${content.disabled}::boolean,
      ${secret}::bytea, ${now}::timestamptz, ${now}::timestamptz
    where (select count(*) from endpoint) < ${maxEndpoints}::int
    returning ${columns}`);
  return row;
}

/** One endpoint. */
export async function findEndpoint(db: Queryable, id: string): Promise<Endpoint | undefined> {
  const [row] = await db.query<Endpoint>(sql`select ${columns} from endpoint where id = ${id}`);
  return row;
}

/** All endpoints, the oldest first. */
export async function listAllEndpoints(db: Queryable): Promise<Endpoint[]> {
  return db.query<Endpoint>(sql`select ${columns} from endpoint order by create_time, id`);
}

/** One endpoint, which nobody else changes or deletes until the transaction ends. */
export async function lockEndpoint(tx: Queryable, id: string): Promise<Endpoint | undefined> {
  const [row] = await tx.query<Endpoint>(sql`
    select ${columns} from endpoint where id = ${id} for no key update`);
  return row;
}

/** As {@link lockEndpoint}, for those who add deliveries: they do not keep each other out. */
export async function shareEndpoint(tx: Queryable, id: string): Promise<Endpoint | undefined> {
  const [row] = await tx.query<Endpoint>(sql`select ${columns} from endpoint where id = ${id} for share`);
  return row;
}

/** Writes what staff say of an endpoint, one revision further. At a new URL, or enabled again, its record is clean. The row is locked. */
export async function updateEndpointRow(
  tx: Queryable,
  { id, content, now }: { id: string; content: EndpointContent; now: Date },
): Promise<Endpoint> {
  const [row] = await tx.query<Endpoint>(sql`
    update endpoint set
      url = ${content.url}, event_types = ${content.eventTypes}::text[], description = ${content.description},
      disabled = ${content.disabled}::boolean,
      disabled_reason = case when ${content.disabled}::boolean then disabled_reason else '' end,
      failing_since = case when disabled or url <> ${content.url} then null else failing_since end,
      revision = revision + 1, update_time = ${now}
    where id = ${id}
    returning ${columns}`);
  if (row === undefined) throw new Error(`endpoint ${id} was locked and is not there`);
  return row;
}

/** Deletes an endpoint and, by its foreign keys, its log. */
export async function deleteEndpointRow(tx: Queryable, id: string): Promise<void> {
  await tx.execute(sql`delete from endpoint where id = ${id}`);
}

/** An endpoint's secrets, and where it is. */
export async function findSecrets(
  db: Queryable,
  id: string,
): Promise<(SealedSecrets & { url: string }) | undefined> {
  const [row] = await db.query<SealedSecrets & { url: string }>(sql`
    select ${secretColumns}, url from endpoint where id = ${id}`);
  return row;
}

/** Replaces an endpoint's secret; the one before counts until a time. False when there is no such endpoint. */
export async function replaceSecret(
  tx: Queryable,
  { id, secret, expireTime, now }: { id: string; secret: Uint8Array; expireTime: Date; now: Date },
): Promise<boolean> {
  const count = await tx.execute(sql`
    update endpoint set
      previous_secret = secret, previous_expire_time = ${expireTime}, secret = ${secret}::bytea,
      revision = revision + 1, update_time = ${now}
    where id = ${id}`);
  return count === 1;
}

/** All endpoints' secrets. */
export async function listSecrets(db: Queryable): Promise<SealedSecrets[]> {
  return db.query<SealedSecrets>(sql`select ${secretColumns} from endpoint order by id`);
}

/** Stores an endpoint's secrets sealed anew, unless they were replaced meanwhile; whether it did. */
export async function storeResealed(
  db: Queryable,
  {
    before,
    secret,
    previousSecret,
  }: { before: SealedSecrets } & Pick<SealedSecrets, "secret" | "previousSecret">,
): Promise<boolean> {
  const count = await db.execute(sql`
    update endpoint set secret = ${secret}::bytea, previous_secret = ${previousSecret}::bytea
    where id = ${before.id} and secret = ${before.secret}::bytea
      and previous_secret is not distinct from ${before.previousSecret}::bytea`);
  return count === 1;
}

/** Disables an endpoint by itself, unless it is already. The row stays locked until the transaction ends. */
export async function disableEndpoint(
  tx: Queryable,
  { id, reason, failingBefore, now }: { id: string; reason: DisabledReason; failingBefore?: Date; now: Date },
): Promise<boolean> {
  const count = await tx.execute(sql`
    update endpoint set
      disabled = true, disabled_reason = ${reason}, revision = revision + 1, update_time = ${now}
    where id = ${id} and not disabled
      and (${failingBefore ?? null}::timestamptz is null or failing_since <= ${failingBefore ?? null}::timestamptz)`);
  return count === 1;
}

/** Notes the first failure since something got through. */
export async function noteFailing(tx: Queryable, { id, since }: { id: string; since: Date }): Promise<void> {
  await tx.execute(sql`
    update endpoint set failing_since = ${since} where id = ${id} and failing_since is null`);
}

/** Notes that something got through. */
export async function noteWorking(tx: Queryable, id: string): Promise<void> {
  await tx.execute(sql`
    update endpoint set failing_since = null where id = ${id} and failing_since is not null`);
}
