import { afterAll, describe, expect, test } from "vitest";
import type { Method } from "./journey.ts";
import { Lanes } from "./lane.ts";
import { wanted } from "./outcome.ts";
import type { Point } from "./points.ts";

/** More than there are processors: much of the time is spent on waiting for sweeps. */
const lanes = await Lanes.open(3);
afterAll(() => lanes[Symbol.asyncDispose]());

const recorded = {
  card: await lanes.record("card"),
  transfer: await lanes.record("transfer"),
  cancel: await lanes.record("cancel"),
};

/**
 * Each step of a card's journey, before and after. Of a transfer and a cancellation what they have of their own:
 * how a label is bought and a message sent is the same for all.
 */
const points = [
  ...pointsOf("card", recorded.card.steps.filter(isSure), ["before", "after"]),
  ...pointsOf("transfer", ownSteps(recorded.transfer.steps), ["before"]),
  ...pointsOf("cancel", ownSteps(recorded.cancel.steps), ["before"]),
];

function ownSteps(steps: readonly string[]): string[] {
  return steps.filter(
    (step) =>
      /^(?:order|payment|inventory|promotion): /.test(step) &&
      !isAtItsOwnTime(step) &&
      !recorded.card.steps.includes(step),
  );
}

/** What goes on beside a journey need not come before its end: telling of it, and giving back what is given back. */
function isAtItsOwnTime(step: string): boolean {
  return /^(?:\w+: (?:insert|delete) outbox|order: update event|webhook: |promotion: insert redemption(?: \(|$))/.test(
    step,
  );
}

/** Telling goes on until all is told, so there is a first time; two events may be told at one time. */
function isSure(step: string): boolean {
  return !isAtItsOwnTime(step) || !/\(\d+\)$/.test(step);
}

function pointsOf(
  method: Method,
  steps: readonly string[],
  times: readonly Point["when"][],
): { method: Method; point: Point }[] {
  return steps.flatMap((step) => times.map((when) => ({ method, point: { when, step } })));
}

test.each(["card", "transfer", "cancel"] as const)("%s: undisturbed, it comes to its end", (method) => {
  const { outcome, steps } = recorded[method];
  expect(outcome).toEqual(wanted(method, outcome, { mayEndEarly: false }));
  expect(outcome.emails).toHaveLength(method === "transfer" ? 2 : 1);
  expect(steps.length).toBeGreaterThan(5);
});

test("the steps of all services and vendors are seen", () => {
  const parties = recorded.card.steps.map((step) => /^(?:\w+(?=: )|POST \S*?\/\w+)/.exec(step)?.[0]);
  const services = ["cart", "inventory", "jobs", "notify", "order", "payment", "promotion", "shipping"];
  const vendors = ["POST /2010", "POST /shipments", "POST /transactions", "POST /v1", "POST /v3"];
  const seen = parties.filter((party) => party !== "webhook");
  expect(new Set(seen)).toEqual(new Set([...vendors, ...services]));
});

test("a transfer and a cancellation have steps of their own", () => {
  expect(points.filter(({ method }) => method === "transfer").length).toBeGreaterThan(1);
  expect(points.filter(({ method }) => method === "cancel").length).toBeGreaterThan(1);
});

// A step lies between what is before it and what is after it, so each state between two steps is left by a buyer who
// comes back (before the next) and by one who does not (after the last).
describe.concurrent("killed", () => {
  test.for(points)("$method: $point.when $point.step", { timeout: 600_000 }, async ({ method, point }) => {
    const returns = point.when === "before";
    const outcome = await lanes.die(method, { point, returns });
    const emails = isMailing(point) ? once(outcome.emails) : outcome.emails;
    // A buyer who comes back gets what was asked for.
    expect({ ...outcome, emails }).toEqual(wanted(method, outcome, { mayEndEarly: !returns }));
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
