import { createHash } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { createAdopter, guestIdsOf } from "./adopt.ts";
import { authSchema } from "./migrations/index.ts";

const digest = (token: string) => createHash("sha256").update(token).digest("hex");

test.each([
  [undefined, []],
  ["", []],
  [" , ,", []],
  ["one", ["one"]],
  ["one, two,one", ["one", "two"]],
  [Array.from({ length: 30 }, (_, i) => `t${i}`).join(), Array.from({ length: 20 }, (_, i) => `t${i}`)],
])("the guests of %j", (header, tokens) => {
  expect(guestIdsOf(header)).toEqual(tokens.map(digest));
});

describe("an adopter", () => {
  let database: TestDatabase;
  let now: Date;
  let away: boolean;
  let adopted: string[];
  let tried: string[];
  beforeAll(async () => {
    database = await testDatabase(authSchema);
  });
  afterAll(() => database?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    now = new Date("2026-01-01T00:00:00Z");
    away = false;
    adopted = [];
    tried = [];
    await database.db.execute(sql`delete from customer`);
    await database.db.execute(sql`
      insert into customer (id, name, email, email_verified, create_time, update_time)
      values ('cus_1', 'Ann', 'ann@example.com', false, ${now}, ${now})`);
  });

  const adopter = () =>
    createAdopter({
      db: database.db,
      clock: () => now,
      log: pino({ level: "silent" }),
      carts: {
        adoptCarts: async ({ guestId }) => {
          tried.push(String(guestId));
          if (away) throw new Error("cart is away");
          adopted.push(`cart ${guestId}`);
          return { $typeName: "rowlock.cart.v1.AdoptCartsResponse", cartId: "" };
        },
      },
      orders: {
        adoptOrders: async ({ guestId }) => {
          adopted.push(`orders ${guestId}`);
          return { $typeName: "rowlock.order.v1.AdoptOrdersResponse", orderCount: 0 };
        },
      },
    });
  const pass = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1_000);
  };

  test("adopts at once, guest by guest, and is done", async () => {
    await adopter().adopt("cus_1", ["g1", "g2"]);
    expect(adopted).toEqual(["cart g1", "orders g1", "cart g2", "orders g2"]);
    pass(3_600);
    expect(await adopter().sweep()).toBe(0);
  });

  test("what fails does not fail the sign-in, and is tried again until it is done", async () => {
    away = true;
    await adopter().adopt("cus_1", ["g1"]);
    expect(await adopter().sweep()).toBe(0);
    pass(11);
    expect(await adopter().sweep()).toBe(1);
    // Each time after a longer pause.
    for (const seconds of [5, 10, 20]) {
      pass(seconds - 1);
      expect(await adopter().sweep()).toBe(0);
      pass(1);
      expect(await adopter().sweep()).toBe(1);
    }
    away = false;
    adopted = [];
    pass(40);
    expect(await adopter().sweep()).toBe(1);
    expect(adopted).toEqual(["cart g1", "orders g1"]);
    pass(3_600);
    expect(await adopter().sweep()).toBe(0);
  });

  test("a sign-in waits for a service that is away once, however many guests there are", async () => {
    away = true;
    await adopter().adopt("cus_1", ["g1", "g2", "g3"]);
    expect(tried).toEqual(["g1"]);
    away = false;
    pass(11);
    expect(await adopter().sweep()).toBe(3);
    expect(adopted.filter((each) => each.startsWith("cart")).sort()).toEqual([
      "cart g1",
      "cart g2",
      "cart g3",
    ]);
  });

  test("of several sweeps each takes what the others have not", async () => {
    away = true;
    await adopter().adopt("cus_1", ["g1", "g2", "g3"]);
    pass(11);
    const counts = await Promise.all([adopter().sweep(), adopter().sweep(), adopter().sweep()]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(3);
  });

  test("what is left of a deleted account is forgotten", async () => {
    away = true;
    await adopter().adopt("cus_1", ["g1"]);
    await database.db.execute(sql`delete from customer`);
    pass(11);
    expect(await adopter().sweep()).toBe(0);
  });
});
