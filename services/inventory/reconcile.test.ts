import { afterAll, beforeAll, expect, test } from "vitest";
import { Reservation_State, StockViolation_Kind } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { sql } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { asSuperuser } from "../../lib/testing/postgres.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
beforeAll(async () => {
  shop = await openTestInventory();
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

const order = as.service("order");

/** Runs statements as a superuser would by hand. */
const corrupt = (text: string) =>
  asSuperuser(shop.database.url, async (client) => {
    await client.query("set search_path to inventory");
    await client.query(text);
  });

const reconcile = async (skus: string[], dryRun = false) => {
  const { checked, violations } = await shop.client.reconcile({ skus, dryRun }, as.staff);
  return {
    checked,
    violations: violations.map(({ kind, reservationId, expected, found, repaired }) => ({
      kind: StockViolation_Kind[kind],
      ...(reservationId !== "" && { reservationId }),
      expected,
      found,
      repaired,
    })),
  };
};

/** 10 on hand and a backorder limit of 4, 3 of them held by `<sku>-a` and 2 by `<sku>-b`. */
async function seed(sku: string): Promise<void> {
  await shop.client.setStock({ sku, onHand: 10n, backorderLimit: 4n }, as.staff);
  await shop.reserve(`${sku}-a`, { [sku]: 3 });
  await shop.reserve(`${sku}-b`, { [sku]: 2 });
}

interface Case {
  what: string;
  /** With $ for the SKU. */
  damage: string;
  /** Kind, expected, found, and the reservation's last letter. */
  found: readonly (readonly [string, bigint, bigint, string?])[];
  /** on_hand, backorder_limit, reserved. */
  after: readonly [bigint, bigint, bigint];
}

const cases: Case[] = [
  {
    what: "on_hand was changed by hand",
    damage: "update stock set on_hand = 12 where sku = '$'",
    found: [["ON_HAND_NOT_LEDGER", 10n, 12n]],
    after: [10n, 4n, 5n],
  },
  {
    what: "the backorder limit was changed by hand",
    damage: "update stock set backorder_limit = 9 where sku = '$'",
    found: [["BACKORDER_NOT_LEDGER", 4n, 9n]],
    after: [10n, 4n, 5n],
  },
  {
    what: "reserved was changed by hand",
    damage: "update stock set reserved = 4 where sku = '$'",
    found: [
      ["RESERVED_NOT_LEDGER", 5n, 4n],
      ["RESERVED_NOT_HELD", 5n, 4n],
    ],
    after: [10n, 4n, 5n],
  },
  {
    what: "the ledger misses an entry",
    damage:
      "insert into ledger (sku, location_id, on_hand_delta, reserved_delta, reason) values ('$', 'main', 0, 2, 'lost')",
    found: [["RESERVED_NOT_LEDGER", 7n, 5n]],
    after: [10n, 4n, 5n],
  },
  {
    what: "a reservation is gone, its hold is not",
    damage: "delete from reservation where id = '$-a'",
    found: [["HOLD_WITHOUT_RESERVATION", 0n, 3n, "a"]],
    after: [10n, 4n, 2n],
  },
  {
    what: "a reservation was released without its hold",
    damage: "update reservation set state = 'RELEASED' where id = '$-b'",
    found: [["HOLD_WITHOUT_RESERVATION", 0n, 2n, "b"]],
    after: [10n, 4n, 3n],
  },
  {
    what: "a reservation was called expired before its time",
    damage: "update reservation set state = 'EXPIRED' where id = '$-b'",
    found: [["HOLD_WITHOUT_RESERVATION", 0n, 2n, "b"]],
    after: [10n, 4n, 3n],
  },
  {
    what: "a hold is larger than its reservation",
    damage: "update hold set quantity = 6 where reservation_id = '$-a'",
    found: [
      ["HOLD_WITHOUT_RESERVATION", 3n, 6n, "a"],
      ["RESERVED_NOT_HELD", 8n, 5n],
    ],
    after: [10n, 4n, 5n],
  },
  {
    what: "a hold is gone, its reservation is not",
    damage: "delete from hold where reservation_id = '$-a'",
    found: [
      ["RESERVATION_WITHOUT_HOLD", 3n, 0n, "a"],
      ["RESERVED_NOT_HELD", 2n, 5n],
    ],
    after: [10n, 4n, 5n],
  },
  {
    what: "a hold and its units are gone, its reservation is not",
    damage: "delete from hold where reservation_id = '$-a'; update stock set reserved = 2 where sku = '$'",
    found: [
      ["RESERVATION_WITHOUT_HOLD", 3n, 0n, "a"],
      ["RESERVED_NOT_LEDGER", 5n, 2n],
    ],
    after: [10n, 4n, 5n],
  },
  {
    what: "a hold nobody knows of, at another location",
    damage: "update hold set location_id = 'attic' where reservation_id = '$-a'",
    found: [
      ["HOLD_WITHOUT_RESERVATION", 0n, 3n, "a"],
      ["RESERVED_NOT_HELD", 3n, 0n],
      ["RESERVATION_WITHOUT_HOLD", 3n, 0n, "a"],
      ["RESERVED_NOT_HELD", 2n, 5n],
    ],
    after: [10n, 4n, 5n],
  },
  {
    what: "more reserved than there is",
    damage:
      "alter table stock drop constraint stock_reserved_range; update stock set reserved = 20 where sku = '$'",
    found: [
      ["RESERVED_NOT_LEDGER", 5n, 20n],
      ["RESERVED_NOT_HELD", 5n, 20n],
      ["OVERSOLD", 14n, 20n],
    ],
    after: [10n, 4n, 5n],
  },
  {
    what: "less than nothing on hand",
    damage:
      "alter table stock drop constraint stock_reserved_range, drop constraint stock_on_hand_range; update stock set on_hand = -1 where sku = '$'",
    found: [
      ["ON_HAND_NOT_LEDGER", 10n, -1n],
      ["OVERSOLD", 0n, -1n],
    ],
    after: [10n, 4n, 5n],
  },
  {
    what: "more owed than was sold",
    damage: "alter table stock drop constraint stock_owed_range; update stock set owed = 2 where sku = '$'",
    found: [["BACKORDER_NOT_LEDGER", 0n, 2n]],
    after: [10n, 4n, 5n],
  },
  {
    what: "the stock row is gone",
    damage: "delete from stock where sku = '$'",
    found: [
      ["ON_HAND_NOT_LEDGER", 10n, 0n],
      ["BACKORDER_NOT_LEDGER", 4n, 0n],
      ["RESERVED_NOT_LEDGER", 5n, 0n],
      ["RESERVED_NOT_HELD", 5n, 0n],
    ],
    after: [10n, 4n, 5n],
  },
];

/** The constraints that a case may have dropped: putting them back proves that every row is legal again. */
const restoreChecks = `
  alter table stock drop constraint if exists stock_reserved_range, drop constraint if exists stock_on_hand_range,
    drop constraint if exists stock_owed_range;
  alter table stock add constraint stock_on_hand_range check (on_hand >= 0),
    add constraint stock_reserved_range check (reserved >= 0 and reserved <= on_hand + backorder_limit),
    add constraint stock_owed_range check (owed >= 0 and (owed = 0 or on_hand = 0))`;

test.each(cases.map((each, i) => [each.what, each, i] as const))(
  "%s: found, repaired, and gone",
  async (_what, { damage, found, after }, i) => {
    const sku = `WRONG-${i}`;
    await seed(sku);
    expect(await reconcile([sku])).toEqual({ checked: 1n, violations: [] });
    await corrupt(damage.replaceAll("$", sku));
    const expected = found.map(([kind, expected, found, letter]) => ({
      kind,
      ...(letter !== undefined && { reservationId: `${sku}-${letter}` }),
      expected,
      found,
      repaired: false,
    }));
    const entries = async () => (await shop.client.listLedger({ sku, pageSize: 200 }, as.staff)).entries;
    const before = await entries();

    expect((await reconcile([sku], true)).violations).toEqual(expected);
    expect((await reconcile([sku], true)).violations).toEqual(expected);
    expect(await entries()).toEqual(before);

    const repaired = expected.map((violation) => ({ ...violation, repaired: true }));
    expect((await reconcile([sku])).violations).toEqual(repaired);
    expect((await reconcile([sku])).violations).toEqual([]);

    const [onHand, backorderLimit, reserved] = after;
    const item = await shop.client.getStock({ sku }, as.staff);
    expect(item).toMatchObject({ onHand, backorderLimit, reserved });
    const added = (await entries()).slice(0, -before.length);
    expect(added.map((entry) => entry.reason).filter((reason) => reason !== "reconcile")).toEqual([]);
    await corrupt(restoreChecks);
    expect(await shop.mismatches()).toEqual([]);
  },
);

test("a released hold stands in the ledger with its reservation", async () => {
  await seed("TRAIL");
  await corrupt("delete from reservation where id = 'TRAIL-a'");
  await reconcile(["TRAIL"]);
  const [entry] = (await shop.client.listLedger({ sku: "TRAIL" }, as.staff)).entries;
  expect(entry).toMatchObject({ reservedDelta: -3n, reason: "reconcile", reservationId: "TRAIL-a" });
});

test("a reservation whose units have been sold meanwhile stays without them, and is reported each time", async () => {
  await seed("SOLD");
  await corrupt(
    "delete from hold where reservation_id = 'SOLD-a'; update stock set reserved = 2 where sku = 'SOLD'",
  );
  await shop.reserve("SOLD-c", { SOLD: 12 });
  const lacking = {
    kind: "RESERVATION_WITHOUT_HOLD",
    reservationId: "SOLD-a",
    expected: 3n,
    found: 0n,
    repaired: false,
  };
  const ledger = { kind: "RESERVED_NOT_LEDGER", expected: 17n, found: 14n, repaired: true };
  expect((await reconcile(["SOLD"])).violations).toEqual([lacking, ledger]);
  expect((await reconcile(["SOLD"])).violations).toEqual([lacking]);
  expect(await shop.counters("SOLD")).toMatchObject({ onHand: 10n, reserved: 14n });

  shop.advance(600_000);
  await shop.reserve("SOLD-d", { SOLD: 14 });
  expect((await reconcile(["SOLD"])).violations).toEqual([{ ...lacking, repaired: true }]);
  const { state } = await shop.client.getReservation({ reservationId: "SOLD-a" }, as.staff);
  expect(state).toBe(Reservation_State.EXPIRED);
  expect((await reconcile(["SOLD"])).violations).toEqual([]);
});

test("a ledger that leaves less than is reserved is reported; the counter stays legal", async () => {
  await seed("BELOW");
  await corrupt(
    "insert into ledger (sku, location_id, on_hand_delta, reserved_delta, reason) values ('BELOW', 'main', -8, 0, 'lost')",
  );
  const violation = { kind: "ON_HAND_NOT_LEDGER", expected: 2n, found: 10n, repaired: false };
  await shop.reserve("BELOW-c", { BELOW: 2 });
  expect((await reconcile(["BELOW"])).violations).toEqual([violation]);
  await shop.client.release({ reservationId: "BELOW-a" }, order);
  expect((await reconcile(["BELOW"])).violations).toEqual([{ ...violation, repaired: true }]);
  expect(await shop.counters("BELOW")).toEqual({ onHand: 2n, reserved: 4n, available: 2n });
});

test("what is oversold by holds that are all live cannot be repaired", async () => {
  await seed("OVER");
  await corrupt(`alter table stock drop constraint stock_reserved_range;
    insert into ledger (sku, location_id, on_hand_delta, reserved_delta, backorder_delta, reason)
      values ('OVER', 'main', -10, 0, 0, 'lost');
    update stock set on_hand = 0 where sku = 'OVER'`);
  const violation = { kind: "OVERSOLD", expected: 4n, found: 5n, repaired: false };
  expect((await reconcile(["OVER"])).violations).toEqual([violation]);
  await corrupt("delete from reservation where id = 'OVER-b'");
  const orphan = { kind: "HOLD_WITHOUT_RESERVATION", reservationId: "OVER-b", expected: 0n, found: 2n };
  expect((await reconcile(["OVER"])).violations).toEqual([
    { ...orphan, repaired: true },
    { ...violation, repaired: true },
  ]);
  await corrupt(restoreChecks);
});

test("the rest of an expired reservation is not a violation", async () => {
  for (const sku of ["REST-A", "REST-B"]) await shop.stock(sku, 1n);
  await shop.reserve("rest-1", { "REST-A": 1, "REST-B": 1 }, 60);
  shop.advance(60_000);
  await shop.reserve("rest-2", { "REST-A": 1 });
  expect(await reconcile(["REST-A", "REST-B"])).toEqual({ checked: 2n, violations: [] });
});

test("all SKUs are checked when none is given, those without a stock row too", async () => {
  for (let i = 0; i < 230; i++) await shop.stock(`MANY-${i}`, 1n);
  await shop.reserve("ghost", { "MANY-0": 1 });
  await corrupt(`delete from stock where sku = 'MANY-229'; update stock set on_hand = 7 where sku = 'MANY-117';
    update reservation set skus = '{GHOST}' where id = 'ghost'`);
  const [{ count } = { count: 0n }] = await shop.database.db.query<{ count: bigint }>(
    sql`select count(*) as count from stock`,
  );
  const { checked, violations } = await shop.client.reconcile({ dryRun: true }, as.staff);
  expect(checked).toBeGreaterThanOrEqual(count + 1n);
  expect(violations.map(({ kind, sku }) => [sku, StockViolation_Kind[kind]])).toEqual([
    ["MANY-0", "HOLD_WITHOUT_RESERVATION"],
    ["MANY-117", "ON_HAND_NOT_LEDGER"],
    ["MANY-229", "ON_HAND_NOT_LEDGER"],
    ["GHOST", "RESERVATION_WITHOUT_HOLD"],
  ]);
  await shop.client.reconcile({}, as.staff);
  await corrupt("delete from reservation where id = 'ghost'");
  expect((await shop.client.reconcile({}, as.staff)).violations).toEqual([]);
});

test("more than 1,000 violations are worked off call by call", async () => {
  await shop.stock("CROWD", 1500n);
  await Promise.all(Array.from({ length: 1200 }, (_, i) => shop.reserve(`crowd-${i}`, { CROWD: 1 })));
  await corrupt("delete from reservation where id like 'crowd-%'");
  const counts: number[] = [];
  for (let violations = 1; violations > 0; ) {
    violations = (await reconcile(["CROWD"])).violations.length;
    counts.push(violations);
  }
  expect(counts).toEqual([994, 206, 0]);
  expect(await shop.counters("CROWD")).toEqual({ onHand: 1500n, reserved: 0n, available: 1500n });
});

test("while sales go on nothing is found, and nothing is disturbed", async () => {
  const skus = ["BUSY-0", "BUSY-1", "BUSY-2"];
  for (const sku of skus) await shop.stock(sku, 1_000n);
  let sold = 0;
  const buyer = async (_: unknown, n: number) => {
    for (let i = 0; i < 25; i++) {
      const reservationId = `busy-${n}-${i}`;
      const lines = Object.fromEntries(skus.filter((_, s) => (n + i + s) % 3 > 0).map((sku) => [sku, 1]));
      await shop.reserve(reservationId, lines, 60);
      const way = (n + i) % 4;
      if (way === 0) await shop.client.release({ reservationId }, order);
      if (way === 1) await shop.client.commit({ reservationId }, order).catch(expectClosed);
      if (way === 2) shop.advance(20_000);
      sold++;
    }
  };
  let selling = true;
  const check = async () => {
    let runs = 0;
    for (; selling; runs++) {
      expect((await reconcile(skus, runs % 2 === 0)).violations).toEqual([]);
      await shop.sweep();
    }
    return runs;
  };
  const checks = [check(), check()];
  await Promise.all(Array.from({ length: 16 }, buyer)).finally(() => {
    selling = false;
  });
  expect(Math.min(...(await Promise.all(checks)))).toBeGreaterThan(1);
  expect(sold).toBe(400);
  expect(await shop.mismatches()).toEqual([]);
});

/** Somebody else took the units of a hold that was due. */
function expectClosed(err: unknown): void {
  expect(reasonOf(err)).toBe("RESERVATION_CLOSED");
}
