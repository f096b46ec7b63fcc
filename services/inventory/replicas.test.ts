import { type Client, createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InventoryService, Reservation_State } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { Db } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { startHost, type TestHost } from "../../lib/rpc/testing/hosts.ts";
import { as, testInterceptors } from "../../lib/rpc/testing/interceptors.ts";
import { createInventoryService } from "./service.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

/** Two replicas behind gRPC, each with a pool and a queue of its own; the database is all they share. */
let shop: TestInventory;
let hosts: TestHost[];
let replicas: Client<typeof InventoryService>[];
beforeAll(async () => {
  shop = await openTestInventory();
  const start = (db: Db) =>
    startHost("grpc", {
      services: createInventoryService({ db, clock: shop.clock }).services,
      interceptors: testInterceptors,
    });
  hosts = [await start(shop.database.db), await start(shop.database.open("inventory"))];
  replicas = hosts.map((host) => createClient(InventoryService, host.transport));
});
afterAll(async () => {
  for (const host of hosts) await host[Symbol.asyncDispose]();
  expect(await shop.mismatches()).toEqual([]);
  await shop[Symbol.asyncDispose]();
});

const order = as.service("order");
const replica = (i: number) => replicas[i % replicas.length] ?? shop.client;

const reserve = (i: number, reservationId: string, skus: readonly string[], ttlSeconds = 600n) =>
  replica(i).reserve(
    {
      reservationId,
      lines: skus.map((sku) => ({ sku, quantity: 1n })),
      ttl: { seconds: ttlSeconds, nanos: 0 },
    },
    order,
  );

/** How often each outcome came about: `ok`, or the reason of the error. */
async function tally(calls: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of await Promise.allSettled(calls)) {
    const key = outcome.status === "fulfilled" ? "ok" : (reasonOf(outcome.reason) ?? String(outcome.reason));
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

async function agrees(skus: string[]): Promise<void> {
  const { violations } = await replica(1).reconcile({ skus, dryRun: true }, as.staff);
  expect(violations).toEqual([]);
}

test("400 buyers of 100 units, over both replicas: exactly 100 hold one", async () => {
  await shop.stock("HOT", 100n);
  const buyers = Array.from({ length: 400 }, (_, i) => reserve(i, `hot-${i}`, ["HOT"]));
  expect(await tally(buyers)).toEqual({ ok: 100, INSUFFICIENT_STOCK: 300 });
  expect(await shop.counters("HOT")).toEqual({ onHand: 100n, reserved: 100n, available: 0n });
  await agrees(["HOT"]);
});

test("carts of three SKUs in any order, over both replicas: all sold, no deadlock surfaces", async () => {
  const skus = ["CROSS-1", "CROSS-2", "CROSS-3"];
  for (const sku of skus) await shop.stock(sku, 60n);
  const buyers = Array.from({ length: 240 }, (_, i) => {
    const turned = [...skus.slice(i % 3), ...skus.slice(0, i % 3)];
    return reserve(i >> 1, `cross-${i}`, i % 2 ? turned : turned.reverse());
  });
  expect(await tally(buyers)).toEqual({ ok: 60, INSUFFICIENT_STOCK: 180 });
  await agrees(skus);
});

test("one id at both replicas, 20 times each, is one reservation", async () => {
  await shop.stock("ONE", 100n);
  const calls = Array.from({ length: 40 }, (_, i) => reserve(i, "one", ["ONE"]));
  expect(await tally(calls)).toEqual({ ok: 40 });
  expect(await shop.counters("ONE")).toMatchObject({ reserved: 1n });
});

test("commit at one replica, release at the other: exactly one of them has it", async () => {
  await shop.stock("DUEL", 100n);
  await Promise.all(Array.from({ length: 60 }, (_, i) => reserve(i, `duel-${i}`, ["DUEL"])));
  const duels = Array.from({ length: 60 }, (_, i) => {
    const reservationId = `duel-${i}`;
    return [
      replica(i).commit({ reservationId }, order),
      replica(i + 1).release({ reservationId }, order),
    ] as const;
  });
  const [commits, releases] = await Promise.all([
    tally(duels.map(([commit]) => commit)),
    tally(duels.map(([, release]) => release)),
  ]);
  const committed = commits.ok ?? 0;
  expect(commits).toEqual({ ...some("ok", committed), ...some("RESERVATION_CLOSED", 60 - committed) });
  expect(releases).toEqual({ ...some("ok", 60 - committed), ...some("RESERVATION_COMMITTED", committed) });
  expect(await shop.counters("DUEL")).toMatchObject({ onHand: 100n - BigInt(committed), reserved: 0n });
  await agrees(["DUEL"]);
});

test("due holds are committed by their owners or taken over by new buyers, never both", async () => {
  const skus = ["DUE-1", "DUE-2"];
  for (const sku of skus) await shop.stock(sku, 50n);
  for (let i = 0; i < 50; i++) await reserve(i, `due-old-${i}`, skus, 60n);
  shop.advance(60_000);
  const owners = Array.from({ length: 50 }, (_, i) =>
    i % 5 === 0
      ? replica(i).release({ reservationId: `due-old-${i}` }, order)
      : replica(i).commit({ reservationId: `due-old-${i}` }, order),
  );
  const buyers = Array.from({ length: 50 }, (_, i) =>
    reserve(i, `due-new-${i}`, i % 2 ? skus : [...skus].reverse()),
  );
  const [ended, bought] = await Promise.all([tally(owners), tally(buyers), shop.sweep(), shop.sweep()]);
  const outcomes = ["ok", "RESERVATION_CLOSED", "INSUFFICIENT_STOCK"];
  expect(outcomes).toEqual(expect.arrayContaining(Object.keys({ ...ended, ...bought })));
  const states = await Promise.all(
    owners.map(async (_, i) => {
      const { state } = await replica(0).getReservation({ reservationId: `due-old-${i}` }, as.staff);
      return Reservation_State[state];
    }),
  );
  const committed = BigInt(states.filter((state) => state === "COMMITTED").length);
  expect(["COMMITTED", "RELEASED", "EXPIRED"]).toEqual(expect.arrayContaining(states));
  for (const sku of skus) {
    const { onHand, reserved } = await shop.counters(sku);
    expect([onHand, reserved]).toEqual([50n - committed, BigInt(bought.ok ?? 0)]);
    expect(reserved).toBeLessThanOrEqual(onHand);
  }
  await agrees(skus);
});

function some(key: string, count: number): Record<string, number> {
  return count === 0 ? {} : { [key]: count };
}
