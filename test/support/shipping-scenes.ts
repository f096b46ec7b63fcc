import { randomUUID } from "node:crypto";
import type { Scene } from "./scene.ts";
import { newFlatRate } from "./shipping-calls.ts";
import type { TestShop } from "./shop.ts";

/** A scene for each keyed method of flat rates. */
export const shippingScenes: Record<string, (shop: TestShop) => Promise<Scene>> = {
  "shipping.v1.ShippingService/CreateFlatRate": async ({ rest, staff }) => {
    const title = randomUUID();
    const effects = async () => {
      const { flatRates } = (await rest("GET", "/v1/flatRates?pageSize=200", { staff })).body;
      return flatRates.filter((each: { title: string }) => each.title === title).length as number;
    };
    return { known: { title }, other: { title: "other" }, effects };
  },
  "shipping.v1.ShippingService/UpdateFlatRate": async (shop) => ({
    known: { "rowlock.shipping.v1.FlatRate.id": await newFlatRate(shop), etag: "" },
    other: { title: "other" },
  }),
  "shipping.v1.ShippingService/DeleteFlatRate": async (shop) => ({
    known: { flat_rate_id: await newFlatRate(shop) },
  }),
};
