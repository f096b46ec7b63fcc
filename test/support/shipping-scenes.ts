import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { newOrder } from "./buyer.ts";
import type { Scene } from "./scene.ts";
import { newFlatRate, newLabel } from "./shipping-calls.ts";
import type { TestShop } from "./shop.ts";

/** An order of one `KEYED` and one `KEYED-2`, and its shipment; paid, it goes at a flat rate. */
async function newShipment(
  shop: TestShop,
  { paid }: { paid: boolean },
): Promise<{ id: string; listed: () => Promise<unknown[]> }> {
  const { rest, staff } = shop;
  await newFlatRate(shop);
  const { buyer, order } = await newOrder(rest, ["KEYED", "KEYED-2"]);
  const orderId = String(order.body.id);
  if (paid) {
    const methods: { id: string; carrier: string }[] = order.body.shippingMethods;
    const body = { shippingMethodId: methods.find(({ carrier }) => carrier === "")?.id };
    const { token } = buyer;
    expect((await rest("POST", `/v1/orders/${orderId}:setShippingMethod`, { token, body })).status).toBe(200);
    expect((await buyer.payByCard(orderId, "pm_card_visa")).status).toBe(200);
  }
  const listed = async () =>
    (await rest("GET", `/v1/shipments?orderId=${orderId}`, { staff })).body.shipments as { id: string }[];
  return { id: (await listed())[0]?.id ?? "", listed };
}

/** A scene for each keyed method of labels, several shipments and flat rates; `KEYED` and `KEYED-2` are on sale. */
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
  "shipping.v1.ShippingService/MarkShipped": async (shop) => {
    const { id } = await newShipment(shop, { paid: true });
    const known = { shipment_id: id, carrier: "Bike", tracking_number: "", tracking_url: "" };
    return { known, other: { carrier: "Van" } };
  },
  "shipping.v1.ShippingService/SplitShipment": async (shop) => {
    const { id, listed } = await newShipment(shop, { paid: false });
    const items = [{ sku: "KEYED", quantity: 1 }];
    // Two stand in the place of one, which is kept.
    const effects = async () => ((await listed()).length - 1) / 2;
    const other = { items: [{ sku: "KEYED-2", quantity: 1 }] };
    return { known: { shipment_id: id, items }, other, effects };
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
