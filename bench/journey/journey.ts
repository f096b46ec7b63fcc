import type { Http } from "./http.ts";

/** The steps of a purchase, one request each. */
export const stepNames = [
  "list products",
  "get product",
  "create cart",
  "add item 1",
  "add item 2",
  "set address",
  "place order, with rates",
  "choose rate",
  "pay by card",
] as const;

/** Milliseconds: each step's, and all of them. */
export interface JourneyTimes {
  steps: number[];
  total: number;
}

const delivery = {
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

/** One complete purchase of two products, drawn at random. Rejects unless the order is paid at the end. */
export async function newJourney(http: Http, skus: readonly string[]): Promise<JourneyTimes> {
  const start = performance.now();
  const steps: number[] = [];
  let last = start;
  const step = <T>(value: T): T => {
    const now = performance.now();
    steps.push(now - last);
    last = now;
    return value;
  };
  const first = Math.floor(Math.random() * skus.length);
  const second = (first + 1 + Math.floor(Math.random() * (skus.length - 1))) % skus.length;

  const list = step(await http.call("GET", "/v1/products?pageSize=20&categoryId=bench", {}));
  const listed = list.products[first % list.products.length];
  step(await http.call("GET", `/v1/products/${listed.id}`, {}));
  const cart = step(await http.call("POST", "/v1/carts", {}, {}));
  const headers = { "rowlock-token": cart.token as string };
  for (const sku of [skus[first], skus[second]]) {
    step(await http.call("POST", `/v1/carts/${cart.id}/items`, headers, { sku, quantity: 1 }));
  }
  step(await http.call("PUT", `/v1/carts/${cart.id}/delivery`, headers, delivery));
  const order = step(
    await http.call("POST", "/v1/orders", { ...headers, "idempotency-key": cart.id }, { cartId: cart.id }),
  );
  const path = `/v1/orders/${order.id}`;
  const shippingMethodId = order.shippingMethods[0].id;
  step(await http.call("POST", `${path}:setShippingMethod`, headers, { shippingMethodId }));
  const card = { paymentMethod: "pm_card_visa" };
  const paid = step(
    await http.call("POST", `${path}:pay`, { ...headers, "idempotency-key": cart.id }, { card }),
  );
  if (paid.state !== "STATE_PAID") throw new Error(`the order is ${paid.state}`);
  return { steps, total: last - start };
}
