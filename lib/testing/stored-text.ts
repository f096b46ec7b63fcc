import { type Queryable, sql, statement } from "../db/index.ts";

/**
 * Every row of a schema's tables as JSON, one a line after the table's name, with bytes as the text in them: for tests
 * of what must not be stored. `schema` is that of the connection unless given.
 */
export async function storedText(db: Queryable, schema = ""): Promise<string> {
  const tables = await db.query<{ name: string }>(sql`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema = coalesce(nullif(${schema}, ''), current_schema()) and table_type = 'BASE TABLE'
    order by 1`);
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await db.query<{ row: string }>(statement(`select to_jsonb(t)::text as row from ${name} t`));
    for (const { row } of rows) lines.push(`${name} ${withBytes(row)}`);
  }
  return lines.join("\n");
}

/** Postgres writes bytes as `\x…`, whose backslash JSON doubles. */
function withBytes(row: string): string {
  return row.replace(/\\\\x([0-9a-f]*)/g, (_, hex: string) => Buffer.from(hex, "hex").toString("latin1"));
}
