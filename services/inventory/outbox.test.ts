import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { OutboxEvent } from "../../lib/outbox/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { createStockRelay } from "./outbox.ts";
import { openTestCheck } from "./testing/check.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
beforeEach(async () => {
  shop = await openTestInventory();
});
afterEach(() => shop[Symbol.asyncDispose]());

test("what runs low, is out and is there again is told once each", async () => {
  const told: OutboxEvent[] = [];
  const relay = createStockRelay({
    db: shop.database.db,
    log: pino({ level: "silent" }),
    webhooks: {
      publishEvents: async ({ events }) => {
        told.push(...(events as OutboxEvent[]));
        return { $typeName: "rowlock.webhook.v1.PublishEventsResponse" };
      },
    },
  });
  const stock = openTestCheck(shop);
  await shop.stock("MUG", 9n);
  await shop.client.setLowStockThreshold({ sku: "MUG", threshold: 5n }, as.staff);
  for (const onHand of [9n, 5n, 4n, 0n, 0n, 6n]) {
    await shop.stock("MUG", onHand);
    await stock.check();
    await relay.run();
  }
  await relay.run();
  const seen = told.map(({ type, subject, data }) => [type, subject, JSON.parse(data).stock.available]);
  expect(seen).toEqual([
    ["stock.low", "MUG", 5],
    ["stock.out", "MUG", 0],
    ["stock.replenished", "MUG", 6],
  ]);
  expect(told.map(({ id }) => id)).toEqual(["inventory:1", "inventory:2", "inventory:3"]);
  const { alerts } = await shop.client.listStockAlerts({}, as.staff);
  expect(JSON.parse(told[0]?.data ?? "")).toEqual({
    stock: { sku: "MUG", available: 5, threshold: 5, alertId: alerts[0]?.id },
  });
});
