import { asSuperuser } from "../../lib/testing/postgres.ts";

/**
 * Lets time pass for all that is in the database, whoever's clock it was written by: every time in it moves into the
 * past.
 */
export async function letPass(databaseUrl: string, minutes: number): Promise<void> {
  await asSuperuser(databaseUrl, async (client) => {
    const { rows } = await client.query<{ statement: string }>(
      `select format('update %I.%I set %s', n.nspname, c.relname,
          string_agg(format('%1$I = %1$I - interval ''%2$s min''', a.attname, $1::int), ', ')) as statement
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and a.atttypid = 'timestamptz'::regtype and a.attgenerated = '' and not a.attisdropped
          and n.nspname !~ '^pg_|^information_schema$' and c.relname not in ('migration', 'version')
        group by n.nspname, c.relname
        order by n.nspname, c.relname`,
      [minutes],
    );
    // Ledgers refuse to be changed by anybody else.
    await client.query("set session_replication_role = replica");
    for (const { statement } of rows) await client.query(statement);
  });
}
