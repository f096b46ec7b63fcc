import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Setting } from "./setting.ts";

/** What the shop has said of how events are told. */
export function findSettings(db: Queryable): Promise<Setting[]> {
  return db.query<Setting>(sql`select event, email, sms from setting`);
}

/** Changes how an event is told; what is not given stays as it is, or as `otherwise` has it. */
export async function putSetting(
  db: Queryable,
  { otherwise, email, sms }: { otherwise: Setting; email: boolean | undefined; sms: boolean | undefined },
): Promise<Setting> {
  const given = { email: email ?? null, sms: sms ?? null };
  const [written] = await db.query<Setting>(sql`
    insert into setting as s (event, email, sms)
    values (${otherwise.event}, coalesce(${given.email}::boolean, ${otherwise.email}), coalesce(${given.sms}::boolean, ${otherwise.sms}))
    on conflict on constraint setting_pkey do update set
      email = coalesce(${given.email}::boolean, s.email), sms = coalesce(${given.sms}::boolean, s.sms)
    returning event, email, sms`);
  if (written === undefined) throw new Error(`the setting of ${otherwise.event} was not written`);
  return written;
}
