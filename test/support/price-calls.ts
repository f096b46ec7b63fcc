import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { newBuyer } from "./buyer.ts";
import type { ContractCall } from "./contract-calls.ts";
import type { TestShop } from "./shop.ts";

type Shop = Pick<TestShop, "rest" | "staff">;

/** A promotion of ten per cent that takes coupons, and one of these. */
export async function newCoupon(shop: Shop): Promise<{ promotionId: string; code: string }> {
  const { id } = await post(shop, "/v1/promotions", { title: "Ten", percentage: { basisPoints: 1000 } });
  const { coupons } = await post(shop, `/v1/promotions/${id}/coupons`, { count: 1 });
  return { promotionId: id, code: coupons[0].code };
}

/** The id of a tax rate with a name that no other has. */
export async function newTaxRate(shop: Shop): Promise<string> {
  const { id } = await post(shop, "/v1/taxRates", { name: randomUUID(), countryCode: "DE" });
  return id;
}

async function post({ rest, staff }: Shop, path: string, body: unknown) {
  const made = await rest("POST", path, { staff, body });
  expect(made.status).toBe(200);
  return made.body;
}

type Prepare = (shop: TestShop) => Promise<ContractCall>;

const examples: Prepare = async () => ({});
const ofPromotion: Prepare = async (shop) => ({ path: { promotionId: (await newCoupon(shop)).promotionId } });
const ofTaxRate: Prepare = async (shop) => ({ path: { taxRateId: await newTaxRate(shop) } });

/** How the operations of promotions, coupons and taxes are called so that they succeed, by their ids. */
export const priceCalls: Record<string, Prepare> = {
  Promotion_CreatePromotion: examples,
  Promotion_GetPromotion: ofPromotion,
  Promotion_ListPromotions: examples,
  Promotion_UpdatePromotion: ofPromotion,
  Promotion_CreateCoupons: async (shop) => ({ ...(await ofPromotion(shop)), body: { count: 2 } }),
  Promotion_ListCoupons: ofPromotion,
  Promotion_DisableCoupon: async (shop) => ({ path: { code: (await newCoupon(shop)).code } }),
  Promotion_ListRedemptions: examples,

  Tax_CreateTaxRate: examples,
  Tax_GetTaxRate: ofTaxRate,
  Tax_ListTaxRates: examples,
  Tax_UpdateTaxRate: async (shop) => ({ ...(await ofTaxRate(shop)), body: { rateMillionths: 160_000 } }),
  Tax_DeleteTaxRate: ofTaxRate,

  Cart_ApplyCoupon: async (shop) => {
    const { cartId, token } = await newBuyer(shop.rest);
    return { path: { cartId }, token, body: { code: (await newCoupon(shop)).code } };
  },
  Cart_RemoveCoupon: async (shop) => {
    const { cartId, token } = await newBuyer(shop.rest);
    return { path: { cartId, code: "NONE" }, token };
  },
};
