import { expect, test } from "vitest";
import { describeFault, planFaults, sandboxFaults } from "./schedule.ts";

const replicas = {
  order: ["order-1", "order-2", "order-3"],
  payment: ["payment-1", "payment-2", "payment-3"],
  gateway: ["gateway"],
};
const plan = (seed: number, seconds = 120) => planFaults({ seed, seconds, replicas });

test("a seed repeats its schedule, another seed has another", () => {
  expect(plan(42)).toEqual(plan(42));
  expect(plan(43)).not.toEqual(plan(42));
});

test("the schedule of a seed is the same in every version that says so", () => {
  expect(plan(7, 10).map(describeFault)).toMatchInlineSnapshot(`
    [
      "   1.1 s  sandbox       timeouts, for 6.8 s",
      "   2.0 s  kill          payment-3, for 1.8 s",
      "   6.7 s  kill          gateway, for 0.4 s",
      "   7.4 s  kill-postgres postgres, for 0.2 s",
      "   9.4 s  sandbox       rate limits, for 5.6 s",
    ]
  `);
});

test("a longer run begins like a shorter one, but for Postgres", () => {
  const shorter = plan(42, 60).filter(({ kind }) => kind !== "kill-postgres");
  const longer = plan(42, 120).filter(({ kind }) => kind !== "kill-postgres");
  expect(longer.slice(0, shorter.length)).toEqual(shorter);
  expect(longer.length).toBeGreaterThan(shorter.length);
});

test.each([1, 2, 3, 4, 5])("two minutes of seed %i break everything there is to break", (seed) => {
  const faults = plan(seed);
  const killed = new Set(
    faults.flatMap((fault) => (fault.kind === "kill" ? fault.target.split("-")[0] : [])),
  );
  expect(killed).toEqual(new Set(Object.keys(replicas)));
  const played = new Set(faults.flatMap((fault) => (fault.kind === "sandbox" ? fault.target : [])));
  expect(played).toEqual(new Set(sandboxFaults));
  expect(faults.filter(({ kind }) => kind === "kill-postgres")).toHaveLength(4);
});

test("faults are in order of time and begin within the time", () => {
  const times = plan(9, 30).map(({ atMs }) => atMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.every((ms) => ms >= 0 && ms < 30_000)).toBe(true);
});

test("the sandbox has one fault at a time", () => {
  const windows = plan(11).filter(({ kind }) => kind === "sandbox");
  const pauses = windows
    .slice(1)
    .map(({ atMs }, i) => atMs - (windows[i]?.atMs ?? 0) - (windows[i]?.forMs ?? 0));
  expect(Math.min(...pauses)).toBeGreaterThan(0);
  expect(windows.length).toBeGreaterThan(5);
});

test("a shortest run still kills Postgres", () => {
  expect(plan(1, 1).filter(({ kind }) => kind === "kill-postgres")).toHaveLength(1);
});
