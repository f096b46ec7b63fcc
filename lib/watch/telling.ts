import type { Db, Queryable } from "../db/index.ts";
import type { ChangeFeed } from "./change-feed.ts";

const tellers = new WeakMap<Queryable, (ids: readonly string[]) => void>();

/** The same database, of whose changes the feed is told: those that its statements report with `changed`. */
export function telling(db: Db, feed: Pick<ChangeFeed, "tell">): Db {
  const told: Db = {
    ...db,
    transaction: (work, options) =>
      db.transaction((tx) => {
        tellers.set(tx, (ids) => tx.afterCommit(() => feed.tell(ids)));
        return work(tx);
      }, options),
  };
  tellers.set(told, (ids) => feed.tell(ids));
  return told;
}

/**
 * Reports what a statement has changed, after it: it is told once its transaction is committed, at once when the
 * statement was one by itself. Does nothing on a database without a feed.
 */
export function changed(db: Queryable, ids: readonly string[]): void {
  if (ids.length > 0) tellers.get(db)?.(ids);
}
