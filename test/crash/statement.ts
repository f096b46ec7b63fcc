/** What of a statement's text writes: `insert orders`. `for update`, `do update` and `key update` write nothing else. */
const writing =
  /(?<!\b(?:for|do|key)\s+)\b(insert into|update|delete from)\s+(?:only\s+)?"?([a-z_]+(?:\.[a-z_]+)?)/gi;

/** The writes of a statement, in the order of its text; none for one that only reads. */
export function writesOf(text: string): string[] {
  const found = text.replace(/--.*$/gm, "").matchAll(writing);
  return [...found].map(([, verb = "", table = ""]) => {
    const [what = ""] = verb.toLowerCase().split(/\s/);
    return `${what} ${table.toLowerCase()}`;
  });
}

/** Where a connection stands: outside a transaction, or in one, with its writes so far. */
export type Progress = { writes: string[] } | undefined;

/**
 * Follows a connection statement by statement: what becomes durable with this one, empty when nothing does, and where
 * the connection stands after it.
 */
export function follow(progress: Progress, text: string): { durable: string[]; progress: Progress } {
  const [word] = /[a-z]+/i.exec(text) ?? [""];
  switch (word.toLowerCase()) {
    case "begin":
      // A library may send a whole transaction as one text.
      return /\bcommit\b/i.test(text)
        ? { durable: writesOf(text), progress: undefined }
        : { durable: [], progress: { writes: [] } };
    case "commit":
      return { durable: progress?.writes ?? [], progress: undefined };
    case "rollback":
      return { durable: [], progress: undefined };
    default: {
      const writes = writesOf(text);
      if (progress === undefined) return { durable: writes, progress };
      return { durable: [], progress: { writes: [...progress.writes, ...writes] } };
    }
  }
}
