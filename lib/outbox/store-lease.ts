import { type Queryable, sql } from "../db/index.ts";

/** Who publishes a schema's events; part of one of its migrations. */
export const outboxLease = `
create table outbox_lease (
  id boolean not null default true,
  owner uuid not null,
  lease_until timestamptz not null,
  constraint outbox_lease_pkey primary key (id),
  constraint outbox_lease_one check (id)
);
`;

/** Takes or prolongs the lease, by the database's clock; false while another has it. */
export async function takeLease(
  db: Queryable,
  { owner, seconds }: { owner: string; seconds: number },
): Promise<boolean> {
  const count = await db.execute(sql`
    insert into outbox_lease (owner, lease_until)
    values (${owner}::uuid, now() + ${`${seconds} s`}::interval)
    on conflict on constraint outbox_lease_pkey do update
      set owner = excluded.owner, lease_until = excluded.lease_until
      where outbox_lease.owner = excluded.owner or outbox_lease.lease_until <= now()`);
  return count === 1;
}
