import type { Client } from "@connectrpc/connect";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PromotionService } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { type Answer, type Command, coupons, Model, promotions } from "./testing/model.ts";
import { openModelShop } from "./testing/model-shop.ts";
import { createReplica, openTestPromotions, type TestPromotions } from "./testing/shop.ts";

let shop: TestPromotions;
let replicas: Client<typeof PromotionService>[];
beforeAll(async () => {
  shop = await openTestPromotions();
  replicas = [shop.client, createReplica(shop.database.open("promotion"), shop.clock)];
});
afterAll(async () => {
  expect(await shop.mismatches()).toEqual([]);
  await shop[Symbol.asyncDispose]();
});

/** Seconds a test runs at most; what has run until then counts. */
const timeLimit = 5;

const order = fc.integer({ min: 1, max: 6 }).map((i) => `O${i}`);
const promotion = fc.constantFrom(...promotions);
// A promotion once an order: one of its coupons, or itself when it is automatic.
const uses = fc
  .record({
    A: fc.constantFrom(undefined, "A"),
    B: fc.constantFrom(undefined, "B/B1", "B/B2"),
    C: fc.constantFrom(undefined, "C/C1"),
  })
  .map(({ A, B, C }) => [C, A, B].filter((use) => use !== undefined))
  .filter((list) => list.length > 0);
const redeem: fc.Arbitrary<Command> = fc.record({
  rpc: fc.constant("redeem" as const),
  order,
  uses,
  customer: fc.constantFrom("ada@example.com", "cus_1"),
});
const limit: fc.Arbitrary<Command> = fc.record({
  rpc: fc.constant("limit" as const),
  promotion,
  limit: fc.integer({ min: 0, max: 4 }),
  customerLimit: fc.integer({ min: 0, max: 2 }),
});
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: redeem },
  { weight: 4, arbitrary: fc.record({ rpc: fc.constant("release" as const), order }) },
  { weight: 3, arbitrary: limit },
  {
    weight: 2,
    arbitrary: fc.record({ rpc: fc.constant("pause" as const), promotion, paused: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ rpc: fc.constant("disable" as const), code: fc.constantFrom("B1", "C1") }),
  },
);

let runs = 0;

/** Makes each moment's calls at once, and looks for an order in which the model answers and counts the same. */
async function compare(moments: readonly (readonly Command[])[]): Promise<void> {
  const real = await openModelShop(shop, `R${runs++}-`);
  let models = [new Model()];
  for (const commands of moments) {
    const calls = await Promise.all(
      commands.map(async (each, i) => ({
        command: each,
        answer: await real.call(each, replicas[i % 2] ?? shop.client),
      })),
    );
    const counts = await real.counts();
    const explained = explanations(models, calls).filter(
      (model) => JSON.stringify(countsOf(model, counts)) === JSON.stringify(counts),
    );
    if (explained.length === 0) {
      // A comparison that fails, for its readable difference: what the model says to the calls as they were made.
      const model = models[0]?.fork() ?? new Model();
      const foreseen = commands.map((each) => ({ command: each, answer: model.apply(each) }));
      expect({ calls, counts }).toEqual({ calls: foreseen, counts: countsOf(model, counts) });
    }
    expect(explained.length).toBeGreaterThan(0);
    models = explained;
  }
}

/** Every state that one of the models is in after the calls, in some order, that answers each as it was answered. */
function explanations(
  models: readonly Model[],
  calls: readonly { command: Command; answer: Answer }[],
): Model[] {
  // By the calls that are made, a bit each, and the state after them: orders that lead to the same go on as one.
  let reached = new Map(models.map((model) => [`0 ${model.state}`, { made: 0, model }]));
  for (const _ of calls) {
    const next: typeof reached = new Map();
    for (const { made, model } of reached.values()) {
      for (const [i, { command, answer }] of calls.entries()) {
        const bit = 1 << i;
        if ((made & bit) !== 0) continue;
        const after = model.fork();
        if (after.apply(command) !== answer) continue;
        next.set(`${made | bit} ${after.state}`, { made: made | bit, model: after });
      }
    }
    reached = next;
  }
  return [...reached.values()].map(({ model }) => model);
}

function countsOf(model: Model, like: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.keys(like).map((name) => [name, model.count(name)]));
}

/** Runs with ever new seeds; a failure prints its own, and the shortest calls that still fail. */
function check(moment: fc.Arbitrary<Command[]>, length: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: length, size: "max" }), compare),
    { numRuns: 60, interruptAfterTimeLimit: timeLimit * 1000, timeout: 20_000 },
  );
}

test("the model knows each promotion and coupon", () => {
  expect(Object.keys(countsOf(new Model(), coupons))).toEqual(["B/B1", "B/B2", "C/C1"]);
});

test("calls made one after the other answer and count as the model foresees", async () => {
  expect.hasAssertions();
  await check(
    command.map((each) => [each]),
    40,
  );
}, 60_000);

test("calls made at once, on two replicas, answer and count as if made in some order", async () => {
  expect.hasAssertions();
  await check(fc.array(command, { minLength: 2, maxLength: 5 }), 10);
}, 60_000);

test("buyers at once, on two replicas, answer and count as if made in some order", async () => {
  expect.hasAssertions();
  const crowd = fc.array(redeem, { minLength: 5, maxLength: 6 });
  await check(
    fc.oneof(
      { weight: 3, arbitrary: crowd },
      { weight: 1, arbitrary: fc.array(limit, { minLength: 1, maxLength: 3 }) },
      { weight: 1, arbitrary: fc.array(command, { minLength: 1, maxLength: 3 }) },
    ),
    8,
  );
}, 60_000);
