import { pino } from "pino";
import { expect, test } from "vitest";
import { NotThere, untilThere } from "./until-there.ts";

/** Something that is away for so many uses, and how it was waited for. */
async function wait({ away, patienceMs, error = new Error("connect ECONNREFUSED 127.0.0.1:1") }: Case) {
  const pauses: number[] = [];
  const told: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void told.push(line) });
  let uses = 0;
  const use = async () => {
    if (uses++ < away) throw error;
    return "there";
  };
  const delay = async (ms: number) => pauses.push(ms);
  const isAway = (err: unknown) => err instanceof Error && err.message !== "wrong password";
  const outcome = await untilThere({ name: "the store", use, isAway, patienceMs, log, delay }).catch(
    (err: unknown) => err,
  );
  return { outcome, pauses, told: told.map((line) => JSON.parse(line)) };
}
interface Case {
  away: number;
  patienceMs: number;
  error?: Error;
}

test("what is there is not waited for", async () => {
  expect(await wait({ away: 0, patienceMs: 0 })).toEqual({ outcome: "there", pauses: [], told: [] });
});

test("it is asked again ever more rarely, and each time said so", async () => {
  const { outcome, pauses, told } = await wait({ away: 7, patienceMs: 60_000 });
  expect(outcome).toBe("there");
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  expect(told).toHaveLength(7);
  expect(told[1]).toMatchObject({
    msg: "the store does not answer",
    problem: "connect ECONNREFUSED 127.0.0.1:1",
    again_in_ms: 500,
    left_ms: 59_750,
  });
});

test.each([
  [1_000, [250, 500, 250], "the store does not answer after 1 s: connect ECONNREFUSED 127.0.0.1:1"],
  [0, [], "the store does not answer: connect ECONNREFUSED 127.0.0.1:1"],
])("after %s ms nobody waits any more", async (patienceMs, want, message) => {
  const { outcome, pauses } = await wait({ away: Infinity, patienceMs });
  expect(outcome).toEqual(new NotThere(message));
  expect(pauses).toEqual(want);
});

test("what waiting does not mend is told at once", async () => {
  const error = new Error("wrong password");
  expect(await wait({ away: 1, patienceMs: 1_000, error })).toMatchObject({ outcome: error, pauses: [] });
});

test("an error without words is told by its code", async () => {
  const error = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
  expect((await wait({ away: 1, patienceMs: 1_000, error })).told[0].problem).toBe("ECONNREFUSED");
});
