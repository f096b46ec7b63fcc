import { afterAll, beforeAll, expect, test } from "vitest";
import { newBuyer } from "../support/buyer.ts";
import { type Answer, infoIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** Carts are filled first, so that all orders are placed at the same moment. */
async function placeAtOnce(carts: readonly (readonly string[])[]): Promise<Answer[]> {
  const buyers = [];
  for (const skus of carts) {
    const buyer = await newBuyer(shop.rest);
    for (const sku of skus) expect((await buyer.add(sku)).status).toBe(200);
    await buyer.deliver();
    buyers.push(buyer);
  }
  return Promise.all(buyers.map((buyer) => buyer.place()));
}

const statuses = (answers: readonly Answer[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

test("400 buyers of 100 units: 100 orders, 300 typed shortages, nothing left", {
  timeout: 120_000,
}, async () => {
  await shop.sell("HOT", { stock: 100 });
  const answers = await placeAtOnce(Array.from({ length: 400 }, () => ["HOT"]));
  expect(statuses(answers)).toEqual({ 200: 100, 409: 300 });
  for (const refused of answers.filter(({ status }) => status === 409)) {
    expect(infoIn(refused)).toMatchObject({
      reason: "INSUFFICIENT_STOCK",
      metadata: { sku: "HOT", requested: "1", available: "0" },
    });
  }
  expect(await shop.stock("HOT")).toMatchObject({ onHand: 100, reserved: 100, available: 0 });
});

test("carts of three SKUs in any order: no deadlock surfaces", { timeout: 120_000 }, async () => {
  const skus = ["MIX-1", "MIX-2", "MIX-3"];
  for (const sku of skus) await shop.sell(sku, { stock: 40 });
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [2, 0, 1],
  ];
  const carts = Array.from({ length: 120 }, (_, i) => (orders[i % 4] ?? []).map((n) => skus[n] ?? ""));
  expect(statuses(await placeAtOnce(carts))).toEqual({ 200: 40, 409: 80 });
});
