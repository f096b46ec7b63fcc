import { randomUUID } from "node:crypto";
import type { ContractCall } from "./contract-calls.ts";
import { ball, inCart, petOwner, petShopClient } from "./pet-shop.ts";
import type { TestShop } from "./shop.ts";

type Prepare = (shop: TestShop) => ContractCall | Promise<ContractCall>;

const client = (shop: TestShop) => petShopClient(() => shop);

const ofProduct: Prepare = async (shop) => ({ path: { id: (await client(shop).sell()).id } });

/** A cart of its own with one product in it. */
const ofCart: Prepare = async (shop) => {
  const { sell, ok } = client(shop);
  const { id: productId } = await sell();
  const headers = inCart(randomUUID());
  await ok("POST", `/api/cart/${productId}/buy/`, { headers, body: { quality: 1 } });
  return { path: { productId }, headers, anonymous: true };
};

const cartAlone: Prepare = async (shop) => ({ headers: (await ofCart(shop)).headers ?? {}, anonymous: true });

const newOrder = (shop: TestShop) => client(shop).order(inCart(randomUUID()));

/** How each operation of micro-services is called so that it succeeds, by its id. */
export const microServicesCalls: Record<string, Prepare> = {
  MicroServices_CreateProduct: () => ({ body: ball }),
  MicroServices_UpdateProduct: ofProduct,
  MicroServices_GetProduct: ofProduct,
  MicroServices_ListProducts: () => ({ query: { category: "toys", order_by: "name" } }),
  MicroServices_DeleteProduct: ofProduct,
  MicroServices_BuyProduct: ofCart,
  MicroServices_SetCartProduct: ofCart,
  MicroServices_RemoveCartProduct: ofCart,
  MicroServices_GetCart: cartAlone,
  MicroServices_ClearCart: cartAlone,
  MicroServices_Checkout: async (shop) => ({ ...(await cartAlone(shop)), body: petOwner }),
  MicroServices_SetShipping: async (shop) => {
    const { id, shipping_methods } = await newOrder(shop);
    return { body: { order_id: id, shipping_id: shipping_methods[0].id }, anonymous: true };
  },
  MicroServices_Pay: async (shop) => ({
    body: { order_id: (await newOrder(shop)).id, cart: "tok_mastercard" },
    anonymous: true,
  }),
  MicroServices_SendEmail: () => ({
    body: { to_email: "ada@example.com", subject: "Hi", content: "Hello" },
  }),
  MicroServices_SendSms: () => ({ body: { number: "+14155550123", content: "Hello" } }),
  MicroServices_CreateShipment: async (shop) => ({ body: await newOrder(shop) }),
  MicroServices_ListShipments: () => ({}),
  MicroServices_ListRates: async (shop) => ({
    path: { id: (await newOrder(shop)).upstream_id, currency: "usd" },
  }),
  MicroServices_GetLabel: async (shop) => {
    const { ok, staff } = client(shop);
    const { upstream_id: id, shipping_methods } = await newOrder(shop);
    // A carrier's: a flat rate of the shop's own, which may be cheaper, has no label.
    const ofCarrier = ({ description }: { description: string }) => description.startsWith("USPS ");
    const body = { rateId: shipping_methods.find(ofCarrier).id };
    await ok("POST", `/v1/shipments/${id}:buyLabel`, { headers: staff(), body });
    return { path: { id } };
  },
};
