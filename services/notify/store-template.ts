import { type Queryable, sql, type Tx } from "../../lib/db/index.ts";
import type { Parts } from "./templates/defaults.ts";

/** A merchant's templates for an event in a language. A part that is empty is Rowlock's own. */
export interface Override extends Parts {
  event: string;
  language: string;
  etag: string;
  updateTime: Date;
}

const columns = sql`event, language, subject, html, text, sms, etag, update_time as "updateTime"`;

/** The etag of templates of which a merchant has none of their own. */
export const noEtag = "default";

/** All of an event, or of all events. */
export function findOverrides(db: Queryable, event?: string): Promise<Override[]> {
  const ofEvent = event === undefined ? sql`true` : sql`event = ${event}`;
  return db.query<Override>(sql`select ${columns} from template where ${ofEvent} order by event, language`);
}

/** One of them. */
export async function findOverride(
  db: Queryable,
  { event, language }: Pick<Override, "event" | "language">,
): Promise<Override | undefined> {
  const [found] = await db.query<Override>(sql`
    select ${columns} from template where event = ${event} and language = ${language}`);
  return found;
}

/**
 * Writes a merchant's templates. With `present` only over those of that etag, and nothing when there are others by now:
 * of any number of calls with the same one, one writes. Empty: over whatever there is;
 * `noEtag`: over nothing.
 */
export async function putOverride(
  tx: Tx,
  { override, present }: { override: Override; present: string },
): Promise<Override | undefined> {
  const { event, language, subject, html, text, sms, etag, updateTime } = override;
  const [written] = await tx.query<Override>(
    present === "" || present === noEtag
      ? sql`
        insert into template (event, language, subject, html, text, sms, etag, update_time)
        values (${event}, ${language}, ${subject}, ${html}, ${text}, ${sms}, ${etag}, ${updateTime})
        on conflict on constraint template_pkey do update set
          subject = excluded.subject, html = excluded.html, text = excluded.text, sms = excluded.sms,
          etag = excluded.etag, update_time = excluded.update_time
          where ${present === ""}
        returning ${columns}`
      : sql`
        update template set
          subject = ${subject}, html = ${html}, text = ${text}, sms = ${sms}, etag = ${etag}, update_time = ${updateTime}
        where event = ${event} and language = ${language} and etag = ${present}
        returning ${columns}`,
  );
  return written;
}

/** Deletes a merchant's templates: those of the etag `present`, or when that is empty whatever there is. */
export async function deleteOverride(
  tx: Tx,
  { event, language, present }: Pick<Override, "event" | "language"> & { present: string },
): Promise<void> {
  await tx.execute(sql`
    delete from template
    where event = ${event} and language = ${language} and (${present} = '' or etag = ${present})`);
}
