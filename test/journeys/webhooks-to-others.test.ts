import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { openReceiver, type Receiver, verified } from "../../services/webhook/testing/receiver.ts";
import { newOrder } from "../support/buyer.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
let receiver: Receiver;
beforeAll(async () => {
  shop = await openShop();
  receiver = await openReceiver();
  await shop.sell("TOLD", { stock: 5 });
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});

const staffCall = async (method: string, path: string, body?: unknown) => {
  const answer = await shop.rest(method, path, { staff: shop.staff, body });
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.body;
};

test("another system is told of a sale, signed, and of the last unit", async () => {
  const made = await staffCall("POST", "/v1/webhookEndpoints", { url: receiver.url });
  await staffCall("POST", "/v1/stock/TOLD:setThreshold", { threshold: 4 });
  const { buyer, order } = await newOrder(shop.rest, ["TOLD"]);
  const orderId = String(order.body.id);
  expect((await buyer.payByCard(orderId, "pm_card_visa")).status).toBe(200);

  const expected = ["order.fulfilled", "order.paid", "order.placed", "payment.captured", "stock.low"];
  const told = await waitFor(
    () => {
      const messages = receiver.received.map((message) => verified(message, made.secret));
      return messages.length >= expected.length && messages;
    },
    { timeoutMs: 40_000, what: "the last of the messages" },
  );
  expect(told.map(({ type }) => String(type)).toSorted((a, b) => a.localeCompare(b))).toEqual(expected);
  expect(told.find(({ type }) => type === "order.paid")?.["data"]).toMatchObject({
    order: {
      id: orderId,
      state: expect.stringMatching(/^STATE_(PAID|FULFILLED)$/),
      payment: { clientSecret: "" },
    },
  });
  expect(told.find(({ type }) => type === "stock.low")?.["data"]).toMatchObject({
    stock: { sku: "TOLD", available: 4, threshold: 4 },
  });

  const { deliveries } = await staffCall("GET", `/v1/webhookDeliveries?subject=${orderId}`);
  expect(deliveries).toHaveLength(4);
  const id = String(deliveries[0].id);
  await staffCall("POST", `/v1/webhookDeliveries/${id}:replay`);
  const log = await waitFor(async () => {
    const delivery = await staffCall("GET", `/v1/webhookDeliveries/${id}`);
    return delivery.attempts.length === 2 && delivery;
  });
  expect(log).toMatchObject({
    state: "STATE_DELIVERED",
    attempts: [{ statusCode: 204 }, { statusCode: 204 }],
  });
  const again = receiver.received.filter(({ headers }) => headers["webhook-id"] === log.eventId);
  expect(again.map(({ body }) => body)).toEqual([log.payload, log.payload]);
});
