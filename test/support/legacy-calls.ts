import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";

type Prepare = (shop: TestShop) => ContractCall | Promise<ContractCall>;

async function must(shop: TestShop, method: string, path: string, body?: object): Promise<{ id: string }> {
  const answer = await shop.rest(method, path, { staff: shop.staff, body });
  expect([method, path, answer.status]).toEqual([method, path, answer.status < 300 ? answer.status : 200]);
  return answer.body;
}

/** A product in rupiah. */
async function batik(shop: TestShop): Promise<string> {
  const sku = randomUUID();
  const prices = [{ currencyCode: "IDR", amount: 1_500_000 }];
  await must(shop, "POST", "/v1/products", { title: "Batik", variants: [{ sku, prices }] });
  await must(shop, "POST", `/v1/stock/${sku}:set`, { onHand: 10 });
  return sku;
}

async function orchestratedCart(shop: TestShop): Promise<string> {
  const ID = randomUUID();
  const lineItems = [{ product_id: await batik(shop), quantity: 1 }];
  await must(shop, "POST", "/api/upsert_cart", { ID, paymentMethod: "BCA_VA", lineItems });
  return ID;
}

/** A customer of order-management with a cart. */
async function customer(shop: TestShop): Promise<string> {
  const [id, sku] = [randomUUID(), randomUUID()];
  await shop.sell(sku);
  await must(shop, "PUT", `/carts/${id}`, { items: [{ product_id: sku, quantity: 1 }] });
  return id;
}

const ofCustomer: Prepare = async (shop) => ({
  path: { customer_id: await customer(shop) },
  anonymous: true,
});

/** How each operation of cart-orchestrator and order-management is called so that it succeeds, by its id. */
export const legacyCalls: Record<string, Prepare> = {
  CartOrchestrator_GetCart: async (shop) => ({
    path: { cart_id: await orchestratedCart(shop) },
    anonymous: true,
  }),
  CartOrchestrator_UpsertCart: async (shop) => ({
    body: { ID: randomUUID(), lineItems: [{ product_id: await batik(shop), quantity: 1 }] },
    anonymous: true,
  }),
  CartOrchestrator_PlaceOrder: async (shop) => ({
    body: { ID: await orchestratedCart(shop), action: "CHECKOUT" },
    anonymous: true,
  }),

  OrderManagement_ListOrders: () => ({}),
  OrderManagement_GetOrders: async (shop) => {
    const { id } = await must(shop, "POST", `/orders/${await customer(shop)}`);
    return { path: { id }, anonymous: true };
  },
  // Its path is that of GetOrders.
  OrderManagement_CreateOrder: async (shop) => ({ path: { id: await customer(shop) }, anonymous: true }),
  OrderManagement_GetCart: ofCustomer,
  OrderManagement_SetCart: async (shop) => {
    const sku = randomUUID();
    await shop.sell(sku);
    const items = [{ product_id: sku, quantity: 1 }];
    return { path: { customer_id: randomUUID() }, body: { items }, anonymous: true };
  },
};
