import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "../../lib/db/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { explain } from "./testing/linearize.ts";
import { type Command, Model } from "./testing/model.ts";
import { type ModelShop, openModelShop } from "./testing/model-shop.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
let second: Db;
beforeAll(async () => {
  shop = await openTestInventory();
  second = shop.database.open("inventory");
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

/** Few of each, so that calls meet: the same reservation again, the same units, the same second. */
const skus = ["A", "B", "C"];
const ids = Array.from({ length: 6 }, (_, i) => `R${i}`);
const minute = 60;
/** Seconds a test runs at most; what has run until then counts. */
const timeLimit = 10;

const sku = fc.constantFrom(...skus);
/** The one that comes first has few units. */
const places = ["main", "west"];
const at = fc.constantFrom(...places);
const id = fc.constantFrom(...ids);
const ttl = fc.integer({ min: 1, max: 4 }).map((minutes) => minutes * minute);
const lines = fc
  .uniqueArray(fc.tuple(sku, fc.integer({ min: 1, max: 4 })), {
    minLength: 1,
    maxLength: 3,
    selector: ([sku]) => sku,
  })
  .map((lines): Record<string, number> => Object.fromEntries(lines));

const reserve: fc.Arbitrary<Command> = fc.record({ rpc: fc.constant("reserve" as const), id, lines, ttl });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: reserve },
  {
    weight: 7,
    arbitrary: fc.record({
      rpc: fc.constantFrom("commit" as const, "commit" as const, "release" as const, "restock" as const),
      id,
    }),
  },
  { weight: 2, arbitrary: fc.record({ rpc: fc.constant("extend" as const), id, ttl }) },
  {
    weight: 2,
    arbitrary: fc.record({
      rpc: fc.constant("adjust" as const),
      sku,
      at,
      delta: fc.constantFrom(-3, -1, 1, 4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      rpc: fc.constant("set" as const),
      sku,
      at,
      onHand: fc.integer({ min: 0, max: 8 }),
      backorder: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ sku, isBack: fc.boolean(), units: fc.integer({ min: 1, max: 3 }) })
      .map(({ sku, isBack, units }) => {
        const [from = "", to = ""] = isBack ? [...places].reverse() : places;
        return { rpc: "transfer" as const, sku, from, to, units };
      }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      rpc: fc.constant("pause" as const),
      at: fc.constant("west"),
      paused: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ rpc: fc.constant("sweep" as const) }) },
);

/**
 * Calls made at once, after the clock has moved: of all kinds; of buyers who
 * share their transactions; or each repeated, as by a caller who lost patience.
 */
const moment = (most: number) =>
  fc.record({
    minutes: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
    replicas: fc.constantFrom(1, 2),
    commands: fc.oneof(
      fc.array(command, { minLength: 1, maxLength: most }),
      fc.array(reserve, { minLength: 1, maxLength: most }),
      ...(most === 1 ? [] : [twice(most >> 1)]),
    ),
  });
function twice(most: number): fc.Arbitrary<Command[]> {
  return fc
    .array(command, { minLength: 1, maxLength: most })
    .map((commands) => commands.flatMap((each) => [each, each]));
}
type Moment = ReturnType<typeof moment> extends fc.Arbitrary<infer M> ? M : never;

/** As much of each at `main`, more and more of it beyond what is on hand; of some a little in the west. */
const stocked = (units: number): Command[] => [
  ...skus.map((sku, i) => ({ rpc: "set" as const, sku, at: "main", onHand: units - i, backorder: i })),
  ...skus
    .slice(1)
    .map((sku, i) => ({ rpc: "set" as const, sku, at: "west", onHand: units >> 1, backorder: i })),
];

/** No unit of the one that is not there: what arrives has a row already. */
const emptyShelf: Command = { rpc: "set", sku: "A", at: "west", onHand: 0, backorder: 0 };

/** A shop of its own, with stock. */
async function openStocked(units: number, ...more: Command[]): Promise<ModelShop> {
  const prefix = `m${runs++}-`;
  await shop.location(`${prefix}west`, 1);
  const real = openModelShop({ shop, second, prefix, skus });
  for (const [i, command] of [...stocked(units), ...more].entries()) await real.call(command, i);
  return real;
}

let runs = 0;

/** Makes the calls, and holds answers and tables against the model after each moment. */
async function compare(moments: readonly Moment[], ...more: Command[]): Promise<void> {
  const real = await openStocked(4, ...more);
  let before = await real.snapshot();
  for (const { minutes, replicas, commands } of moments) {
    shop.advance(minutes * minute * 1000);
    const now = shop.clock().getTime() / 1000;
    const calls = await Promise.all(
      commands.map(async (command, i) => ({ command, answer: await real.call(command, i % replicas) })),
    );
    const after = await real.snapshot();
    if (!explain({ before, calls, after, now })) {
      // A comparison that fails, for its readable difference.
      const model = new Model(before);
      const foreseen = commands.map((command) => ({ command, answer: model.apply(command, now) }));
      const { locations, stock, reservations, holds } = model;
      const why =
        "no order of the calls explains their answers and the tables; here, the order they were made in";
      expect({ why, now, calls, after }).toEqual({
        why,
        now,
        calls: foreseen,
        after: { locations, stock, reservations, holds },
      });
      expect.unreachable(why);
    }
    before = after;
  }
  const { violations } = await shop.client.reconcile({ skus: [...real.skus] }, as.staff);
  expect(violations).toEqual([]);
}

/** Runs with ever new seeds; a failure prints its own, and the shortest calls that still fail. */
function check(most: number, length: number, ...more: Command[]): Promise<void> {
  const moments = fc.array(moment(most), { minLength: 1, maxLength: length, size: "max" });
  return fc.assert(
    fc.asyncProperty(moments, (made) => compare(made, ...more)),
    { numRuns: 100, interruptAfterTimeLimit: timeLimit * 1000, timeout: 10_000 },
  );
}

test("calls made one after the other answer and count as the model foresees", async () => {
  expect.hasAssertions();
  await check(1, 60);
}, 60_000);

test("calls made at once, on two replicas, answer and count as if made in some order", async () => {
  expect.hasAssertions();
  // Units that arrive where there never were any can be missed by a reservation of that very moment (transfer.ts).
  await check(7, 10, emptyShelf);
}, 60_000);

test("a crowd on two replicas leaves counters, ledger and holds that agree, and sells nothing twice", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(moment(60), { minLength: 3, maxLength: 5, size: "max" }), async (moments) => {
      const real = await openStocked(20);
      for (const { minutes, replicas, commands } of moments) {
        shop.advance(minutes * minute * 1000);
        await Promise.all(commands.map((command, i) => real.call(command, i % replicas)));
        const { stock, reservations, holds } = await real.snapshot();
        for (const [shelf, { onHand, reserved, backorder }] of Object.entries(stock)) {
          expect(onHand >= 0n && backorder >= 0n && reserved >= 0n && reserved <= onHand + backorder).toBe(
            true,
          );
          const held = Object.values(holds).reduce((units, hold) => units + (hold[shelf]?.[0] ?? 0), 0);
          expect(reserved).toBe(BigInt(held));
        }
        for (const [id, { state, taken }] of Object.entries(reservations)) {
          const held = Object.fromEntries(
            Object.entries(holds[id] ?? {}).map(([shelf, [units]]) => [shelf, units]),
          );
          const rest = Object.fromEntries(Object.entries(taken).filter(([shelf]) => shelf in held));
          expect(held).toEqual({ HELD: taken, EXPIRED: rest }[state as string] ?? {});
        }
      }
      const { violations } = await shop.client.reconcile({ skus: [...real.skus] }, as.staff);
      expect(violations).toEqual([]);
    }),
    { numRuns: 15, interruptAfterTimeLimit: timeLimit * 1000, timeout: 10_000 },
  );
}, 60_000);
