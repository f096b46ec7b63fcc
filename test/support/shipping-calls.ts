import { expect } from "vitest";
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

type Prepare = (shop: TestShop) => Promise<ContractCall>;

const examples: Prepare = async () => ({});
const ofFlatRate: Prepare = async (shop) => ({ path: { flatRateId: await newFlatRate(shop) } });

/** How the operations of flat rates are called so that they succeed, by their ids. */
export const shippingCalls: Record<string, Prepare> = {
  Shipping_CreateFlatRate: examples,
  Shipping_GetFlatRate: ofFlatRate,
  Shipping_ListFlatRates: examples,
  Shipping_UpdateFlatRate: async (shop) => ({
    path: { "flatRate.id": await newFlatRate(shop) },
    body: { title: "Post, by ship" },
  }),
  Shipping_DeleteFlatRate: ofFlatRate,
};
