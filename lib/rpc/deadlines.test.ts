import { describe, expect, test } from "vitest";
import { Deadlines, type Expiring } from "./deadlines.ts";

/** Something that ends `ms` from now, and says when it did. */
function after(ms: number): Expiring & { ended: Promise<number> } {
  const { promise, resolve } = Promise.withResolvers<number>();
  return { deadline: performance.now() + ms, expire: () => resolve(performance.now()), ended: promise };
}

/** Timers of this process that keep it alive. */
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

describe("Deadlines", () => {
  test("each ends at its own deadline and never before, whatever the order in which they came", async () => {
    const deadlines = new Deadlines();
    const all = [after(30), after(5), after(60), after(5), after(0), after(-10)];
    for (const one of all) deadlines.add(one);
    const ended = await Promise.all(all.map((one) => one.ended));
    ended.forEach((at, i) => expect(at).toBeGreaterThanOrEqual((all[i] as Expiring).deadline));
  });

  test("what is over before does not end, and leaves the others their time", async () => {
    const deadlines = new Deadlines();
    const [over, last] = [after(5), after(20)];
    let expired = false;
    void over.ended.then(() => {
      expired = true;
    });
    deadlines.add(over);
    deadlines.add(last);
    deadlines.delete(over);
    await last.ended;
    expect(expired).toBe(false);
  });

  test("a deadline that is moved counts as it is then", async () => {
    const deadlines = new Deadlines();
    const { ended, ...one } = after(60_000);
    deadlines.add(one);
    one.deadline = performance.now() + 5;
    deadlines.add(one);
    expect(await ended).toBeGreaterThanOrEqual(one.deadline);
  });

  test("what expires may begin something new", async () => {
    const deadlines = new Deadlines();
    const next = after(10);
    deadlines.add({ deadline: performance.now(), expire: () => deadlines.add(next) });
    expect(await next.ended).toBeGreaterThanOrEqual(next.deadline);
  });

  test("a deadline beyond the longest timer does not pass at once", async () => {
    const deadlines = new Deadlines();
    const [far, near] = [after(2 ** 40), after(10)];
    let expired = false;
    void far.ended.then(() => {
      expired = true;
    });
    deadlines.add(far);
    deadlines.add(near);
    await near.ended;
    expect(expired).toBe(false);
    deadlines.delete(far);
  });

  test("one timer for all; it keeps the process alive only while something is open", () => {
    const deadlines = new Deadlines();
    const before = timers();
    const all = [after(60_000), after(50_000), after(70_000)];
    for (const one of all) deadlines.add(one);
    expect(timers()).toBe(before + 1);
    for (const one of all) deadlines.delete(one);
    expect(timers()).toBe(before);
    const again = after(80_000);
    deadlines.add(again);
    expect(timers()).toBe(before + 1);
    deadlines.delete(again);
    expect(timers()).toBe(before);
  });
});
