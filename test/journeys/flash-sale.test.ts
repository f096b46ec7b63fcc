import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { answerBank } from "../support/bank.ts";
import { type Buyer, newBuyer } from "../support/buyer.ts";
import { type Answer, infoIn } from "../support/rest.ts";
import { readSandbox, type SandboxPayment } from "../support/sandbox.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** Carts are filled first, so that all orders are placed at the same moment. */
async function placeAtOnce(carts: readonly (readonly string[])[]): Promise<Answer[]> {
  const buyers = await fill(carts);
  return Promise.all(buyers.map((buyer) => buyer.place()));
}

async function fill(carts: readonly (readonly string[])[]): Promise<Buyer[]> {
  const buyers = [];
  for (const skus of carts) {
    const buyer = await newBuyer(shop.rest);
    for (const sku of skus) expect((await buyer.add(sku)).status).toBe(200);
    await buyer.deliver();
    buyers.push(buyer);
  }
  return buyers;
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

test("100 buyers of 40 units whose banks ask them: 40 pay, each once, 60 typed shortages, nothing left", {
  timeout: 240_000,
}, async () => {
  const { rest } = shop;
  await shop.sell("ASKED", { stock: 40 });
  const buyers = await fill(Array.from({ length: 100 }, () => ["ASKED"]));
  const buy = async (buyer: Buyer, i: number): Promise<Answer> => {
    const order = await buyer.place();
    if (order.status !== 200) return order;
    const orderId = order.body.id as string;
    await buyer.chooseCheapest(order);
    const asked = await buyer.payByCard(orderId, "pm_card_authenticationRequired");
    await answerBank(asked.body.payment.redirectUrl, "authorise");
    // The webhook comes to all; beside it, every other buyer comes back to the shop.
    const path = `/v1/orders/${orderId}:confirmPayment`;
    if (i % 2 === 0) await rest("POST", path, { token: buyer.token, body: {} });
    const { body } = await waitFor(
      async () => {
        const now = await buyer.get(orderId);
        return now.body.payment.state === "STATE_CAPTURED" ? now : undefined;
      },
      { timeoutMs: 150_000, intervalMs: 500, what: "the money of an order whose bank has said yes" },
    );
    return { ...order, body };
  };
  const ended = await Promise.all(buyers.map(buy));
  expect(statuses(ended)).toEqual({ 200: 40, 409: 60 });
  for (const refused of ended.filter(({ status }) => status === 409)) {
    expect(infoIn(refused)).toMatchObject({
      reason: "INSUFFICIENT_STOCK",
      metadata: { sku: "ASKED", requested: "1", available: "0" },
    });
  }
  expect(await shop.stock("ASKED")).toMatchObject({ onHand: 0, reserved: 0, available: 0 });
  const orders = ended.filter(({ status }) => status === 200);
  const taken = (await readSandbox<SandboxPayment>(shop, "payments")).filter(
    ({ amount_captured }) => amount_captured > 0,
  );
  expect(taken).toHaveLength(40);
  const paid = new Set(taken.map(({ metadata }) => metadata["order_id"]));
  expect(paid).toEqual(new Set(orders.map(({ body }) => body.id)));
});
