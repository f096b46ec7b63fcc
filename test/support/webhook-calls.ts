import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { newOrder } from "./buyer.ts";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";

/** Where nobody listens. */
const url = "http://127.0.0.1:9/hooks";

/** An endpoint that is told of everything, and never answers. */
export async function makeEndpoint(shop: Pick<TestShop, "rest" | "staff">): Promise<string> {
  const made = await shop.rest("POST", "/v1/webhookEndpoints", { staff: shop.staff, body: { url } });
  expect(made.status).toBe(200);
  return String(made.body.id);
}

/** The delivery of an order to an endpoint of its own. */
export async function makeDelivery(shop: TestShop, sku: string): Promise<string> {
  const endpointId = await makeEndpoint(shop);
  await newOrder(shop.rest, [sku]);
  const [delivery] = await waitFor(async () => {
    const path = `/v1/webhookDeliveries?endpointId=${endpointId}`;
    const { deliveries } = (await shop.rest("GET", path, { staff: shop.staff })).body;
    return deliveries.length > 0 && (deliveries as [{ id: string }]);
  });
  return delivery.id;
}

async function delivery(shop: TestShop): Promise<ContractCall> {
  const sku = `SKU-${randomUUID().slice(0, 8)}`;
  await shop.sell(sku);
  return { path: { deliveryId: await makeDelivery(shop, sku) } };
}

const ofEndpoint = async (shop: TestShop): Promise<ContractCall> => ({
  path: { endpointId: await makeEndpoint(shop) },
});

/** How the operations on webhooks to others are called so that they succeed. */
export const webhookCalls: Record<string, (shop: TestShop) => ContractCall | Promise<ContractCall>> = {
  Webhook_CreateEndpoint: () => ({ body: { url, eventTypes: ["order.*"] } }),
  Webhook_GetEndpoint: ofEndpoint,
  Webhook_ListEndpoints: () => ({}),
  Webhook_UpdateEndpoint: async (shop) => ({
    path: { endpointId: await makeEndpoint(shop) },
    body: { eventTypes: ["order.paid"] },
  }),
  Webhook_DeleteEndpoint: ofEndpoint,
  Webhook_GetEndpointSecret: ofEndpoint,
  Webhook_RotateEndpointSecret: ofEndpoint,
  Webhook_TestEndpoint: ofEndpoint,
  Webhook_ListDeliveries: () => ({}),
  Webhook_GetDelivery: delivery,
  Webhook_ReplayDelivery: delivery,
  Webhook_RecoverDeliveries: ofEndpoint,
};
