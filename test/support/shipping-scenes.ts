import { randomUUID } from "node:crypto";
import type { Scene } from "./scene.ts";
import { newFlatRate, newLabel } from "./shipping-calls.ts";
import type { TestShop } from "./shop.ts";

/** A scene for each keyed method of labels and flat rates. */
export const shippingScenes: Record<string, (shop: TestShop) => Promise<Scene>> = {
  "shipping.v1.ShippingService/VoidLabel": async (shop) => {
    const { id } = await newLabel(shop);
    const effects = async () => {
      const { body } = await shop.rest("GET", `/v1/shipments/${id}`, { staff: shop.staff });
      return body.voidedLabels.length as number;
    };
    return { known: { shipment_id: id }, effects };
  },
  "shipping.v1.ShippingService/CreateReturn": async (shop) => {
    const { id, orderId } = await newLabel(shop);
    const effects = async () => {
      const path = `/v1/shipments?orderId=${orderId}`;
      const { shipments } = (await shop.rest("GET", path, { staff: shop.staff })).body;
      return shipments.filter((each: { returnOf: string }) => each.returnOf === id).length as number;
    };
    const box = { lengthMm: 100, widthMm: 80, heightMm: 30, weightG: 250 };
    return { known: { shipment_id: id, parcel: box }, other: { parcel: { ...box, weightG: 260 } }, effects };
  },
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
