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

  const expected = [
    ...["order.fulfilled", "order.paid", "order.placed", "payment.captured", "shipment.labeled", "stock.low"],
  ];
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
  expect(deliveries).toHaveLength(5);
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

test("another system is told where the parcels of an order are, and which of them comes back", async () => {
  await using listener = await openReceiver();
  const made = await staffCall("POST", "/v1/webhookEndpoints", {
    url: listener.url,
    eventTypes: ["shipment.*"],
  });
  const { buyer, order } = await newOrder(shop.rest, ["TOLD"]);
  const orderId = String(order.body.id);
  expect((await buyer.payByCard(orderId, "pm_card_visa")).status).toBe(200);
  const { shipments } = (await buyer.until(orderId, "STATE_FULFILLED")).body;
  const shipmentId = String(shipments[0].id);
  const told = async (count: number) =>
    waitFor(
      () => {
        const messages = listener.received.map((message) => verified(message, made.secret));
        return messages.length >= count && messages.map(({ type, data }) => ({ type, data }));
      },
      { timeoutMs: 40_000, what: `${count} messages` },
    );
  const move = async (of: string, status: string) => {
    const labels = await fetch(`${shop.sandboxUrl}/sandbox/api/labels?limit=50`);
    const { items } = (await labels.json()) as { items: { id: string; metadata: string }[] };
    const id = items.find(({ metadata }) => metadata === of)?.id ?? "";
    const moved = await fetch(`${shop.sandboxUrl}/sandbox/api/labels/${id}/track`, {
      method: "POST",
      body: JSON.stringify({ status }),
    });
    expect(moved.status).toBe(200);
  };

  const parcel = { id: shipmentId, orderId, trackingNumber: shipments[0].trackingNumber };
  expect(await told(1)).toMatchObject([{ type: "shipment.labeled", data: { shipment: parcel } }]);
  await move(shipmentId, "TRANSIT");
  expect((await told(2))[1]).toMatchObject({
    type: "shipment.shipped",
    data: { shipment: { ...parcel, trackingStatus: "TRACKING_STATUS_TRANSIT" } },
  });
  await move(shipmentId, "DELIVERED");
  expect((await told(3))[2]).toMatchObject({
    type: "shipment.delivered",
    data: { shipment: { ...parcel, trackingStatus: "TRACKING_STATUS_DELIVERED" } },
  });
  const back = await staffCall("POST", `/v1/shipments/${shipmentId}:createReturn`);
  expect((await told(4))[3]).toMatchObject({
    type: "shipment.labeled",
    data: { shipment: { id: back.id, returnOf: shipmentId, orderId } },
  });
});
