import { type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import type { Suppression, Word } from "./suppression.ts";

/** The hash that an address, an expression of SQL, is known by; letters have no case. */
function hashOf(address: Sql): Sql {
  return sql`sha256((select salt from secret) || convert_to(lower(${address}), 'UTF8'))`;
}

/** Why an address is not written to, as messages say it; null when it is. All are expressions of SQL. */
export function whyNot({ channel, address, isNotice }: { channel: Sql; address: Sql; isNotice: Sql }): Sql {
  return sql`(
    select lower(reason) from suppression
    where active and suppression.channel = ${channel} and address_hash = ${hashOf(address)}
      and (scope = 'ALL' or ${isNotice})
    order by scope limit 1)`;
}

/**
 * Records what was said of addresses. Of each the latest word counts, in whatever order and however often they come; of
 * two of the same moment the one that suppresses.
 */
export async function recordWords(db: Queryable, words: readonly Word[]): Promise<void> {
  if (words.length === 0) return;
  // In the order of the key, so that no two calls wait for each other.
  await db.execute(sql`
    with said as (
      select id, channel, ${hashOf(sql`address`)} as address_hash,
        case when reason = 'UNSUBSCRIBED' then 'NOTICES' else 'ALL' end as scope,
        case when active then address else '' end as address, reason,
        case when active then detail else '' end as detail, active, said_time
      from unnest(
        ${words.map(() => newId("sup"))}::text[], ${words.map(({ channel }) => channel)}::text[],
        ${words.map(({ address }) => address)}::text[], ${words.map(({ reason }) => reason)}::text[],
        ${words.map(({ detail }) => detail)}::text[], ${words.map(({ active }) => active)}::boolean[],
        ${words.map(({ saidTime }) => saidTime)}::timestamptz[]
      ) as word (id, channel, address, reason, detail, active, said_time)
    )
    insert into suppression (id, channel, address_hash, scope, address, reason, detail, active, said_time)
    select distinct on (channel, address_hash, scope)
      id, channel, address_hash, scope, address, reason, detail, active, said_time
    from said order by channel, address_hash, scope, said_time desc, active desc
    on conflict on constraint suppression_of_address do update set
      address = excluded.address, reason = excluded.reason, detail = excluded.detail, active = excluded.active,
      said_time = excluded.said_time
    where excluded.said_time > suppression.said_time
      or (excluded.said_time = suppression.said_time and excluded.active and not suppression.active)`);
}

/** A page of suppressions, the latest first; of one address when `address` is not empty, also an erased one. */
export function listSuppressions(
  db: Queryable,
  {
    address,
    after,
    limit,
  }: { address: string; after: { saidTime: Date; id: string } | undefined; limit: number },
): Promise<Suppression[]> {
  const ofAddress = address === "" ? sql`true` : sql`address_hash = ${hashOf(sql`${address}::text`)}`;
  const older = after === undefined ? sql`true` : sql`(said_time, id) < (${after.saidTime}, ${after.id})`;
  return db.query<Suppression>(sql`
    select id, channel, address, reason, detail, said_time as "saidTime" from suppression
    where active and ${ofAddress} and ${older}
    order by said_time desc, id desc limit ${limit}`);
}

/** Lifts a suppression; nothing when there is none. What was said before, and comes later, does not bring it back. */
export async function liftSuppression(db: Queryable, { id, now }: { id: string; now: Date }): Promise<void> {
  await db.execute(sql`
    update suppression set active = false, address = '', detail = '', said_time = greatest(said_time, ${now})
    where id = ${id} and active`);
}

/** Forgets the addresses, but not that they are not to be written to. */
export async function eraseSuppressed(db: Queryable, addresses: readonly string[]): Promise<void> {
  await db.execute(sql`
    update suppression set address = '', detail = ''
    where address <> '' and lower(address) in (select lower(each) from unnest(${addresses}::text[]) as each)`);
}

/** The key that seals links. */
export async function readLinkKey(db: Queryable): Promise<Uint8Array> {
  const [row] = await db.query<{ key: Uint8Array }>(sql`select link_key as key from secret`);
  if (row === undefined) throw new Error("the schema has no secret");
  return row.key;
}
