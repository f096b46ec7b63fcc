import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { newOrder } from "./buyer.ts";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";

/** The id of a flat rate within the United States. */
export async function newFlatRate(shop: Pick<TestShop, "rest" | "staff">): Promise<string> {
  const body = {
    title: "Post",
    destinations: [{ countryCode: "US" }],
    tiers: [{ price: { currencyCode: "USD", amount: 490 } }],
    estimatedDays: 4,
  };
  const made = await shop.rest("POST", "/v1/flatRates", { staff: shop.staff, body });
  expect(made.status).toBe(200);
  return String(made.body.id);
}

/** A shipment with a label: its id, and its order's. */
export async function newLabel({
  rest,
  sell,
  staff,
}: Pick<TestShop, "rest" | "sell" | "staff">): Promise<{ id: string; orderId: string }> {
  const sku = `SKU-${randomUUID()}`;
  await sell(sku);
  const { order } = await newOrder(rest, [sku]);
  const orderId = String(order.body.id);
  const { body } = await rest("GET", `/v1/shipments?orderId=${orderId}`, { staff });
  const [{ id, rates }] = body.shipments;
  const path = `/v1/shipments/${id}:buyLabel`;
  const { id: rateId } = rates.find(({ carrier }: { carrier: string }) => carrier !== "");
  expect((await rest("POST", path, { staff, body: { rateId } })).status).toBe(200);
  return { id, orderId };
}

type Prepare = (shop: TestShop) => Promise<ContractCall>;

const examples: Prepare = async () => ({});
/** A shipment of two SKUs, of an order that is paid and goes at a flat rate, or of one that is not paid yet. */
async function ofShipment(shop: TestShop, { paid }: { paid: boolean }): Promise<ContractCall> {
  const flatRateId = await newFlatRate(shop);
  const skus = ["A", "B"].map((letter) => `${letter}-${randomUUID()}`);
  for (const sku of skus) await shop.sell(sku);
  const { buyer, order } = await newOrder(shop.rest, skus);
  // What others order goes by carriers again.
  await shop.rest("DELETE", `/v1/flatRates/${flatRateId}`, { staff: shop.staff });
  const orderId = String(order.body.id);
  const [{ id, items }] = order.body.shipments;
  if (paid) expect((await buyer.payByCard(orderId, "pm_card_visa")).status).toBe(200);
  if (paid) await waitFor(async () => (await buyer.get(orderId)).body.shipments[0].state === "STATE_READY");
  return { path: { shipmentId: String(id) }, body: paid ? {} : { items: [items[0]] } };
}

const ofFlatRate: Prepare = async (shop) => ({ path: { flatRateId: await newFlatRate(shop) } });

/** How the operations of flat rates, and of parcels without labels, are called so that they succeed, by their ids. */
export const shippingCalls: Record<string, Prepare> = {
  Shipping_MarkShipped: (shop) => ofShipment(shop, { paid: true }),
  Shipping_SplitShipment: (shop) => ofShipment(shop, { paid: false }),
  Shipping_CreateFlatRate: examples,
  Shipping_GetFlatRate: ofFlatRate,
  Shipping_ListFlatRates: examples,
  Shipping_UpdateFlatRate: async (shop) => ({
    path: { flatRateId: await newFlatRate(shop) },
    body: { title: "Post, by ship" },
  }),
  Shipping_DeleteFlatRate: ofFlatRate,
};
