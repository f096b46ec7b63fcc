import type { NotifyDeps } from "./service.ts";
import { deleteSources, giveUpMessages } from "./store-source.ts";

/** Longer than the jobs of all callers go on: those of Order take some eight hours. */
const gaveUpMs = 12 * 3_600_000;
/** How long news can be sent once more. */
const keptMs = 30 * 86_400_000;
const limit = 1_000;

/** Gives up what nobody tries to send any more, and forgets what old news was made from; how many of both. */
export async function sweepMessages({
  db,
  clock,
  log,
}: Pick<NotifyDeps, "db" | "clock" | "log">): Promise<number> {
  const now = clock();
  const before = (ms: number) => new Date(now.getTime() - ms);
  const failed = await giveUpMessages(db, { before: before(gaveUpMs), now, limit });
  for (const id of failed) log.error({ message_id: id }, "message given up: ResendMessage sends it");
  return failed.length + (await deleteSources(db, { before: before(keptMs), limit }));
}
