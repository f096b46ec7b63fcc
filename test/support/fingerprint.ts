import { asSuperuser } from "../../lib/testing/postgres.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";

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

/** Waits until other systems were told of the order, and that is noted: the last thing that happens by itself. */
export async function orderTold(databaseUrl: string, orderId: string): Promise<void> {
  await asSuperuser(databaseUrl, (client) =>
    waitFor(
      async () => {
        const { rows } = await client.query<{ published: boolean }>(
          `select published from "order".event where order_id = $1 and kind = 'placed'`,
          [orderId],
        );
        return rows[0]?.published;
      },
      { what: "the telling of an order" },
    ),
  );
}
