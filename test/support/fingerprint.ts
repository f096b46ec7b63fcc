import { asSuperuser } from "../../lib/testing/postgres.ts";

/** The services' own schemas; what the jobs' library keeps for itself changes all the time. */
const schemas = "catalog inventory promotion tax cart order payment shipping notify customer webhook".split(
  " ",
);

/** A digest of every table of every service, by the table's name: equal when nothing was changed. */
export async function fingerprint(databaseUrl: string): Promise<Record<string, string>> {
  return asSuperuser(databaseUrl, async (client) => {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = any($1) order by 1`,
      [schemas],
    );
    const parts = tables.rows.map(
      ({ name }) =>
        `select '${name}' as name, count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as digest from ${name} t`,
    );
    const { rows } = await client.query<{ name: string; digest: string }>(parts.join(" union all "));
    if (rows.length < schemas.length) throw new Error("tables are missing");
    return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
  });
}
