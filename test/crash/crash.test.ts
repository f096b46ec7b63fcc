import { afterAll, describe, expect, test } from "vitest";
import type { Method } from "./journey.ts";
import { Lanes } from "./lane.ts";
import { shipped, undone } from "./outcome.ts";
import type { Point } from "./points.ts";

/** More than there are processors: much of the time is spent on waiting for sweeps. */
const lanes = await Lanes.open(3);
afterAll(() => lanes[Symbol.asyncDispose]());

const card = await lanes.record("card");
const transfer = await lanes.record("transfer");

/** Each step, before and after. What a transfer has in common with a card is not tested twice. */
const points = [
  ...pointsOf("card", card.steps),
  ...pointsOf(
    "transfer",
    transfer.steps.filter((step) => !card.steps.includes(step)),
  ),
];

function pointsOf(method: Method, steps: readonly string[]): { method: Method; point: Point }[] {
  return steps.flatMap((step) =>
    (["before", "after"] as const).map((when) => ({ method, point: { when, step } })),
  );
}

test("what nothing disturbs is shipped", () => {
  expect(card.outcome).toEqual(shipped("card"));
  expect(transfer.outcome).toEqual(shipped("transfer"));
});

// A step lies between what is before it and what is after it, so each state between two steps is left by a buyer who
// comes back (before the next) and by one who does not (after the last).
describe.concurrent("killed", () => {
  test.for(points)("$method: $point.when $point.step", { timeout: 600_000 }, async ({ method, point }) => {
    const returns = point.when === "before";
    const outcome = await lanes.die(method, { point, returns });
    // A buyer who comes back gets what was ordered.
    const want =
      returns || outcome.orders.includes("STATE_FULFILLED") ? shipped(method) : undone(method, outcome);
    expect(isMailing(point) ? { ...outcome, emails: once(outcome.emails) } : outcome).toEqual(want);
  });
});

/** An e-mail cannot be looked for at its provider: whoever dies before its record sends it again. */
function isMailing({ step }: Point): boolean {
  return /^(?:POST .*(?:send|Messages)|notify: update)/.test(step);
}

/** Without one e-mail that is there twice. */
function once(emails: readonly string[]): string[] {
  const twice = emails.findIndex((subject, i) => emails.indexOf(subject) !== i);
  return emails.filter((_, i) => i !== twice);
}
