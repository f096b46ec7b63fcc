import { randomUUID } from "node:crypto";
import { newVisitor, signUp } from "../auth/visitor.ts";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";

type Prepare = (shop: TestShop) => ContractCall | Promise<ContractCall>;

async function product(shop: TestShop): Promise<string> {
  const sku = randomUUID();
  await shop.sell(sku);
  return sku;
}

const added: Prepare = async (shop) => ({
  body: { sid: randomUUID(), pid: await product(shop), v: "2" },
  anonymous: true,
});

/** A session with something in its cart. */
async function session(shop: TestShop): Promise<string> {
  const sid = randomUUID();
  await shop.rest("POST", "/api/updatecart", { body: { sid, pid: await product(shop) } });
  return sid;
}

/** How each operation of pycom is called so that it succeeds, by its id. */
export const pycomCalls: Record<string, Prepare> = {
  Pycom_CreateProduct: () => ({ body: { name: "Bucket", price: 9.99, quantity: 4 } }),
  Pycom_UpdateProduct: async (shop) => ({ body: { id: await product(shop), price: 8.99 } }),
  Pycom_DeleteProduct: async (shop) => ({ body: { id: await product(shop) } }),
  Pycom_CreateCoupon: () => ({
    body: {
      id: `c-${randomUUID()}`,
      name: "Flat 20% off on plastic goods",
      multiplier: 0.8,
      upto: 0,
      flatoff: 0,
    },
  }),
  Pycom_UpdateCart: added,
  // By PUT.
  Pycom_UpdateCart2: added,
  Pycom_ViewCart: async (shop) => ({ path: { sid: await session(shop) }, anonymous: true }),
  Pycom_MergeCart: async (shop) => {
    const signedUp = await signUp(newVisitor(shop.httpUrl), `${randomUUID()}@example.com`);
    const headers = { authorization: `Bearer ${signedUp.body.token}` };
    return { body: { sid: await session(shop) }, headers, anonymous: true };
  },
  Pycom_CheckOut: async (shop) => ({ body: { sid: await session(shop) }, anonymous: true }),
};
