import { expect } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import type { Answer, Rest } from "./rest.ts";

/** Where the goods of the tests go. */
export const delivery = {
  contact: { email: "ada@example.com", phone: "+14155550123" },
  shippingAddress: {
    name: "Ada Lovelace",
    line1: "1 Main St",
    city: "Portland",
    state: "OR",
    postalCode: "97201",
    countryCode: "US",
  },
};

/** A buyer with a cart, who talks REST alone. */
export interface Buyer {
  cartId: string;
  token: string;
  add(sku: string, quantity?: number): Promise<Answer>;
  deliver(email?: string, phone?: string): Promise<Answer>;
  place(key?: string): Promise<Answer>;
  get(orderId: string): Promise<Answer>;
  chooseCheapest(order: Answer): Promise<Answer>;
  payByCard(orderId: string, card: string, key?: string): Promise<Answer>;
  payByTransfer(orderId: string, bank: string): Promise<Answer>;
  /** Waits until the order is in a state, for ten seconds at most. */
  until(orderId: string, state: string): Promise<Answer>;
}

/** Makes a cart. */
export async function newBuyer(rest: Rest): Promise<Buyer> {
  const cart = await rest("POST", "/v1/carts", { body: {} });
  expect(cart.status).toBe(200);
  const { id: cartId, token } = cart.body as { id: string; token: string };
  const get = (orderId: string) => rest("GET", `/v1/orders/${orderId}`, { token });
  return {
    cartId,
    token,
    get,
    add: (sku, quantity = 1) => rest("POST", `/v1/carts/${cartId}/items`, { token, body: { sku, quantity } }),
    deliver: (email = delivery.contact.email, phone = delivery.contact.phone) =>
      rest("PUT", `/v1/carts/${cartId}/delivery`, {
        token,
        body: { ...delivery, contact: { email, phone } },
      }),
    place: (key) => rest("POST", "/v1/orders", { token, key, body: { cartId } }),
    chooseCheapest: (order) =>
      rest("POST", `/v1/orders/${order.body.id}:setShippingMethod`, {
        token,
        body: { shippingMethodId: order.body.shippingMethods[0].id },
      }),
    payByCard: (orderId, paymentMethod, key) =>
      rest("POST", `/v1/orders/${orderId}:pay`, { token, key, body: { card: { paymentMethod } } }),
    payByTransfer: (orderId, bank) =>
      rest("POST", `/v1/orders/${orderId}:pay`, { token, body: { bankTransfer: { bank } } }),
    until: async (orderId, state) => {
      let last = await get(orderId);
      await waitFor(async () => {
        last = await get(orderId);
        return last.body.state === state;
      });
      return last;
    },
  };
}

/** A buyer who has ordered the given SKUs and chosen the cheapest shipping. */
export async function newOrder(
  rest: Rest,
  skus: readonly string[],
  email?: string,
): Promise<{ buyer: Buyer; order: Answer }> {
  const buyer = await newBuyer(rest);
  for (const sku of skus) expect((await buyer.add(sku)).status).toBe(200);
  expect((await buyer.deliver(email)).status).toBe(200);
  const placed = await buyer.place();
  expect(placed.status).toBe(200);
  const order = await buyer.chooseCheapest(placed);
  expect(order.status).toBe(200);
  return { buyer, order };
}
