import { randomUUID } from "node:crypto";
import { delivery } from "./buyer.ts";
import { awaitedPayment, checkedOutOrder, createdOrder } from "./online-store-calls.ts";
import type { Scene } from "./scene.ts";
import type { TestShop } from "./shop.ts";

/** Scenes of the keyed calls of online-store and pycom; `KEYED` and `KEYED-2` are on sale. */
export const shopFrontScenes: Record<string, (shop: TestShop) => Promise<Scene>> = {
  "legacy.online_store.v1.OnlineStoreService/CreateProduct": async () => ({
    known: { sku: `SKU-${randomUUID()}` },
    other: { name: "other" },
  }),
  "legacy.online_store.v1.OnlineStoreService/CreateOrder": async () => ({
    known: { customer_id: randomUUID(), product_id: "KEYED" },
    other: { quantity: 2 },
  }),
  "legacy.online_store.v1.OnlineStoreService/CheckOutOrder": async (shop) => ({
    known: {
      order_id: await createdOrder(shop),
      contact: delivery.contact,
      shipping_address: delivery.shippingAddress,
    },
    other: { contact: { ...delivery.contact, email: "other@example.com" } },
  }),
  "legacy.online_store.v1.OnlineStoreService/CreatePayment": async (shop) => ({
    known: { order_id: await checkedOutOrder(shop) },
    other: { payment_method: "BNI_VA" },
  }),
  "legacy.online_store.v1.OnlineStoreService/ConfirmPayment": async (shop) => ({
    known: { payment_id: await awaitedPayment(shop) },
  }),
  "legacy.online_store.v1.OnlineStoreService/RejectPayment": async (shop) => ({
    known: { payment_id: await awaitedPayment(shop) },
  }),
  "legacy.pycom.v1.PycomService/CreateProduct": async () => ({ known: {}, other: { name: "other" } }),
  "legacy.pycom.v1.PycomService/UpdateProduct": async (shop) => {
    const id = `SKU-${randomUUID()}`;
    await shop.sell(id);
    return { known: { id }, other: { quantity: 5 } };
  },
  "legacy.pycom.v1.PycomService/UpdateCart": async () => ({
    known: { sid: randomUUID(), pid: "KEYED", v: "", coupon: "" },
    other: { pid: "KEYED-2" },
  }),
};
