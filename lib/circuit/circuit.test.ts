import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Circuit, CircuitOpen, closedCircuit, createCircuit } from "./circuit.ts";

const down = new Error("connection refused");
const refusal = new Error("no such card");
const isOutage = (err: unknown) => err === down;

let circuit: Circuit;
let changes: boolean[];
let made: number;
const call = (outcome: Error | string) =>
  circuit(() => {
    made++;
    return typeof outcome === "string" ? Promise.resolve(outcome) : Promise.reject(outcome);
  }, isOutage);
const times = async (count: number, outcome: Error | string) => {
  const outcomes: unknown[] = [];
  for (let i = 0; i < count; i++) outcomes.push(await call(outcome).catch((err: unknown) => err));
  return outcomes;
};

beforeEach(() => {
  vi.useFakeTimers();
  changes = [];
  made = 0;
  circuit = createCircuit({
    provider: "Vendor",
    breakAfter: 3,
    restMs: 1_000,
    onChange: ({ open }) => changes.push(open),
  });
});
afterEach(() => vi.useRealTimers());

test("outages in a row open it: nobody waits for the provider any more", async () => {
  expect(await times(3, down)).toEqual([down, down, down]);
  const [refused] = await times(1, "answer");
  expect(refused).toBeInstanceOf(CircuitOpen);
  expect(refused).toMatchObject({
    code: "ECIRCUITOPEN",
    message: "Vendor is out of order and was not asked",
  });
  expect({ made, changes }).toEqual({ made: 3, changes: [true] });
});

test.each(["answer", refusal])("%s in between begins the count anew", async (outcome) => {
  await times(2, down);
  await times(1, outcome);
  await times(2, down);
  expect(await times(1, "answer")).toEqual(["answer"]);
  expect(changes).toEqual([]);
});

test("a refusal is an answer", async () => {
  expect(await times(10, refusal)).toEqual(Array(10).fill(refusal));
  expect(changes).toEqual([]);
});

test("after its rest one call tries, while the others still fail at once; its answer closes it", async () => {
  await times(3, down);
  vi.advanceTimersByTime(1_000);
  const answered = Promise.withResolvers<string>();
  const trying = circuit(() => answered.promise, isOutage);
  expect((await times(1, "answer"))[0]).toBeInstanceOf(CircuitOpen);
  answered.resolve("back");
  expect(await trying).toBe("back");
  expect(await times(2, "answer")).toEqual(["answer", "answer"]);
  expect(changes).toEqual([true, false]);
});

test("a try that fails has it rest again", async () => {
  await times(3, down);
  vi.advanceTimersByTime(1_000);
  expect(await times(1, down)).toEqual([down]);
  expect((await times(1, "answer"))[0]).toBeInstanceOf(CircuitOpen);
  expect({ made, changes }).toEqual({ made: 4, changes: [true] });
});

test("a closed circuit makes every call", async () => {
  circuit = closedCircuit;
  expect(await times(20, down)).toEqual(Array(20).fill(down));
  expect(made).toBe(20);
});
