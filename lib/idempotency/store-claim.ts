import { type Queryable, sql } from "../db/index.ts";

/** A key as it is stored. */
export interface Key {
  readonly method: string;
  readonly caller: string;
  readonly key: string;
  readonly fingerprint: Uint8Array;
}

/** The hold of one attempt on a key: as long as the row carries its `owner`, nobody else runs the effect. */
export interface Lease {
  readonly key: Key;
  /** A UUID of this attempt alone. */
  readonly owner: string;
}

/**
 * Takes a key that is new, or whose attempt before was given up or has died: its lease is over. The number of
 * the attempt, from 1; undefined when the key has its answer, is being worked on, or is another request's.
 */
export async function claim(
  db: Queryable,
  { key: { method, caller, key, fingerprint }, owner }: Lease,
  { now, leaseUntil }: { now: Date; leaseUntil: Date },
): Promise<number | undefined> {
  const [claimed] = await db.query<{ attempts: number }>(sql`
    insert into idempotency (method, caller, key, fingerprint, owner, lease_until)
    values (${method}, ${caller}, ${key}, ${fingerprint}, ${owner}, ${leaseUntil})
    on conflict on constraint idempotency_pkey do update
    set owner = excluded.owner, lease_until = excluded.lease_until, attempts = idempotency.attempts + 1
    where idempotency.response is null
      and idempotency.lease_until <= ${now}
      and idempotency.fingerprint = excluded.fingerprint
    returning attempts`);
  return claimed?.attempts;
}

/** How a key stands; undefined when it is free. */
export async function findKey(
  db: Queryable,
  { method, caller, key }: Key,
): Promise<{ fingerprint: Uint8Array; response: Uint8Array | null; leaseUntil: Date } | undefined> {
  const [found] = await db.query<{
    fingerprint: Uint8Array;
    response: Uint8Array | null;
    leaseUntil: Date;
  }>(sql`
    select fingerprint, response, lease_until as "leaseUntil" from idempotency
    where method = ${method} and caller = ${caller} and key = ${key}`);
  return found;
}

/** Lets the attempt live on. */
export async function renew(db: Queryable, { key, owner }: Lease, leaseUntil: Date): Promise<void> {
  await db.execute(sql`
    update idempotency set lease_until = ${leaseUntil}
    where method = ${key.method} and caller = ${key.caller} and key = ${key.key} and owner = ${owner}`);
}

/** Stores the answer; false, and nothing stored, when another attempt has taken the key over. */
export async function storeAnswer(
  db: Queryable,
  { key, owner }: Lease,
  response: Uint8Array,
): Promise<boolean> {
  const stored = await db.execute(sql`
    update idempotency set response = ${response}, owner = null, lease_until = null
    where method = ${key.method} and caller = ${key.caller} and key = ${key.key} and owner = ${owner}`);
  return stored === 1;
}

/** Ends the attempt without an answer: the same request may go on at once, another one stays refused. */
export async function giveUp(db: Queryable, { key, owner }: Lease, now: Date): Promise<void> {
  await db.execute(sql`
    update idempotency set lease_until = ${now}
    where method = ${key.method} and caller = ${key.caller} and key = ${key.key} and owner = ${owner}`);
}

/** Makes the key free again, for any request. */
export async function free(db: Queryable, { key, owner }: Lease): Promise<void> {
  await db.execute(sql`
    delete from idempotency
    where method = ${key.method} and caller = ${key.caller} and key = ${key.key} and owner = ${owner}`);
}
