import { randomUUID } from "node:crypto";
import { newBuyer } from "./buyer.ts";
import { newCoupon, newTaxRate } from "./price-calls.ts";
import type { Scene } from "./scene.ts";
import type { TestShop } from "./shop.ts";

/** A scene for each keyed method of promotions, coupons and taxes. */
export const priceScenes: Record<string, (shop: TestShop) => Promise<Scene>> = {
  "cart.v1.CartService/ApplyCoupon": async (shop) => {
    const [{ code }, { code: other }] = [await newCoupon(shop), await newCoupon(shop)];
    const { cartId, token } = await newBuyer(shop.rest);
    return { known: { cart_id: cartId, code }, token, other: { code: other } };
  },
  "cart.v1.CartService/RemoveCoupon": async (shop) => {
    const { cartId, token } = await newBuyer(shop.rest);
    return { known: { cart_id: cartId, code: "NONE" }, token, other: { code: "OTHER" } };
  },
  "promotion.v1.PromotionService/CreatePromotion": async ({ rest, staff }) => {
    const title = randomUUID();
    const effects = async () => {
      const { promotions } = (await rest("GET", "/v1/promotions?pageSize=200", { staff })).body;
      return promotions.filter((each: { title: string }) => each.title === title).length as number;
    };
    return { known: { title }, other: { title: "other" }, effects };
  },
  "promotion.v1.PromotionService/UpdatePromotion": async (shop) => {
    const { promotionId } = await newCoupon(shop);
    return {
      known: { "rowlock.promotion.v1.Promotion.id": promotionId, etag: "" },
      other: { title: "other" },
    };
  },
  "promotion.v1.PromotionService/CreateCoupons": async (shop) => {
    const { promotionId } = await newCoupon(shop);
    const path = `/v1/promotions/${promotionId}/coupons`;
    const effects = async () => (await shop.rest("GET", path, { staff: shop.staff })).body.coupons.length - 1;
    return { known: { promotion_id: promotionId, codes: [randomUUID()] }, other: { limit: 5 }, effects };
  },
  "promotion.v1.PromotionService/DisableCoupon": async (shop) => ({
    known: { code: (await newCoupon(shop)).code },
  }),
  "tax.v1.TaxService/CreateTaxRate": async () => ({
    known: { name: randomUUID() },
    other: { rate_millionths: 5 },
  }),
  "tax.v1.TaxService/UpdateTaxRate": async (shop) => ({
    known: {
      "rowlock.tax.v1.TaxRate.id": await newTaxRate(shop),
      ...{ etag: "", name: randomUUID(), update_mask: "name" },
    },
    other: { name: "other" },
  }),
  "tax.v1.TaxService/DeleteTaxRate": async (shop) => ({ known: { tax_rate_id: await newTaxRate(shop) } }),
};
