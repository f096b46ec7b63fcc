import { isDeepStrictEqual } from "node:util";
import { type Answer, type Command, Model, type Snapshot } from "./model.ts";

/** A call that was made, and what it answered. */
export interface Call {
  command: Command;
  answer: Answer;
}

/**
 * Looks for an order in which the calls, made one after the other, would have
 * answered as they did when made at once and would have left `after`
 * (linearizability: Herlihy and Wing, 1990; the search is Wing and Gong's,
 * 1993). A sweep visits each shelf in a transaction of its own and passes over
 * busy ones, so each of its visits may stand anywhere, or nowhere. So may the
 * freeing of due holds by a reservation that is short of units: those that
 * share its transaction are decided once more after it.
 */
export function explain({
  before,
  calls,
  after,
  now,
}: {
  before: Snapshot;
  calls: readonly Call[];
  after: Snapshot;
  now: number;
}): boolean {
  const [only] = calls;
  if (only !== undefined && calls.length === 1) {
    const model = new Model(before);
    return isDeepStrictEqual(model.apply(only.command, now), only.answer) && isSame(model, after);
  }
  const asked = calls.filter(({ command }) => command.rpc !== "sweep");
  const mayVisit = calls.some(({ command: { rpc } }) => rpc === "sweep" || rpc === "reserve");
  const visits = mayVisit ? Object.keys(before.stock) : [];
  return search({ before, calls: asked, visits, after, now });
}

function search({
  before,
  calls,
  visits,
  after,
  now,
}: {
  before: Snapshot;
  calls: readonly Call[];
  visits: readonly string[];
  after: Snapshot;
  now: number;
}): boolean {
  if (calls.length === 0 && isSame(before, after)) return true;
  for (const call of calls) {
    const model = new Model(before);
    if (!isAnswer(call.answer, model.apply(call.command, now))) continue;
    const rest = calls.filter((other) => other !== call);
    if (search({ before: model, calls: rest, visits, after, now })) return true;
  }
  for (const shelf of visits) {
    const model = new Model(before);
    model.expireDue(shelf, now);
    if (isSame(model, before)) continue;
    const rest = visits.filter((other) => other !== shelf);
    if (search({ before: model, calls, visits: rest, after, now })) return true;
  }
  return false;
}

/**
 * Whether the answer is the one foreseen. A shortage must tell of a hold when
 * there is one; which of several that are made at once is the earliest it
 * cannot know.
 */
function isAnswer(answer: Answer, foreseen: Answer): boolean {
  if (!isShortage(answer) || !isShortage(foreseen)) return isDeepStrictEqual(answer, foreseen);
  return (
    isDeepStrictEqual(answer.lacking.map(units), foreseen.lacking.map(units)) &&
    foreseen.lacking.every(
      (line, i) => line.earliest === undefined || answer.lacking[i]?.earliest !== undefined,
    )
  );
}

interface ShortLine {
  sku: string;
  requested: number;
  available: number;
  earliest?: number;
}

function isShortage(answer: Answer): answer is Answer & { lacking: ShortLine[] } {
  return Array.isArray(answer.lacking);
}

function units({ sku, requested, available }: ShortLine): object {
  return { sku, requested, available };
}

function isSame(a: Snapshot, b: Snapshot): boolean {
  return (
    isDeepStrictEqual(a.locations, b.locations) &&
    isDeepStrictEqual(a.stock, b.stock) &&
    isDeepStrictEqual(a.reservations, b.reservations) &&
    isDeepStrictEqual(a.holds, b.holds)
  );
}
