import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";

type Prepare = (shop: TestShop) => ContractCall | Promise<ContractCall>;

async function post(shop: TestShop, path: string, body: object): Promise<{ id: string }> {
  const answer = await shop.rest("POST", `/api/v1/${path}`, { body });
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.body;
}

/** What an order is made of. */
async function onlineStoreItems(shop: TestShop) {
  const product_id = randomUUID();
  await shop.sell(product_id);
  return [{ product_id, quantity: 1 }];
}

/** An order that is not checked out; answers its id. */
export async function createdOrder(shop: TestShop): Promise<string> {
  const items = await onlineStoreItems(shop);
  return (await post(shop, "create-order", { customer_id: 1, items })).id;
}

/** An order that is checked out; answers its id. */
export async function checkedOutOrder(shop: TestShop): Promise<string> {
  const order_id = await createdOrder(shop);
  await post(shop, "checkout-order", { order_id });
  return order_id;
}

/** A payment that waits for its money; answers its id. */
export async function awaitedPayment(shop: TestShop): Promise<string> {
  return (await post(shop, "payment-order", { order_id: await checkedOutOrder(shop) })).id;
}

const ofPayment: Prepare = async (shop) => ({ path: { payment_id: await awaitedPayment(shop) } });

/** How each operation of online-store is called so that it succeeds, by its id. */
export const onlineStoreCalls: Record<string, Prepare> = {
  OnlineStore_ListProducts: () => ({ anonymous: true }),
  OnlineStore_CreateProduct: () => ({ body: { name: "Mug", price: 19.99, quantity: 3, sku: randomUUID() } }),
  OnlineStore_CreateOrder: async (shop) => ({
    body: { customer_id: "c-1", items: await onlineStoreItems(shop) },
    anonymous: true,
  }),
  OnlineStore_GetOrder: async (shop) => ({ path: { order_id: await createdOrder(shop) }, anonymous: true }),
  OnlineStore_CheckOutOrder: async (shop) => ({
    body: { order_id: await createdOrder(shop) },
    anonymous: true,
  }),
  OnlineStore_CreatePayment: async (shop) => ({
    body: { order_id: await checkedOutOrder(shop), payment_method: "BCA_VA" },
    anonymous: true,
  }),
  OnlineStore_ConfirmPayment: ofPayment,
  OnlineStore_RejectPayment: ofPayment,
  OnlineStore_GetPayment: async (shop) => ({
    path: { payment_id: await awaitedPayment(shop) },
    anonymous: true,
  }),
  OnlineStore_CheckProductQuantity: () => ({}),
};
