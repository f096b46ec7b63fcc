import { expect } from "vitest";
import type { Answer } from "./rest.ts";
import type { TestShop } from "./shop.ts";

/** What a client of micro-services sends besides path and body: a cookie, a cart's id, or staff's key. */
export type PetShopHeaders = Record<string, string>;

interface PetShopCall {
  body?: unknown;
  headers?: PetShopHeaders | undefined;
}

/** A client as those of micro-services, the older pet shop, are. */
export interface PetShopClient {
  readonly send: (method: string, path: string, call?: PetShopCall) => Promise<Answer>;
  /** The body of an answer that must be good. */
  readonly ok: (method: string, path: string, call?: PetShopCall) => Promise<Answer["body"]>;
  readonly staff: (more?: PetShopHeaders) => PetShopHeaders;
  /** Adds a product. */
  readonly sell: (more?: object) => Promise<{ id: string; sku: string }>;
  /** An order of some units of a new product, waiting for its payment. */
  readonly order: (headers: PetShopHeaders, more?: { quality?: number }) => Promise<Answer["body"]>;
  readonly pay: (orderId: string, card?: string) => Promise<Answer>;
}

export const ball = {
  name: "Ball",
  description: "A rubber ball",
  attributes: ["manufacturer", "material"],
  package_dimensions: { height: 5, length: 6.5, weight: 10, width: 3 },
  metadata: { category: "toys", for: "dogs", type: "ball" },
  attributes_sku: { manufacturer: "PetHappy", material: "rubber" },
  price: 50,
  inventory: { type: "finite", quantity: 500 },
};

export const petOwner = {
  email: "ada@example.com",
  phone: "+14155550123",
  name: "Ada Lovelace",
  address: { line1: "1 Main St", city: "Portland", state: "OR", country: "US", postal_code: "97201" },
};

/** Names the cart that a call is about. */
export function inCart(id: string): PetShopHeaders {
  return { "x-cart-id": id };
}

/** A client of a shop that may not be there yet. */
export function petShopClient(shop: () => Pick<TestShop, "httpUrl" | "staff">): PetShopClient {
  const send: PetShopClient["send"] = async (method, path, { body, headers = {} } = {}) => {
    const response = await fetch(shop().httpUrl + path, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
  const ok: PetShopClient["ok"] = async (...call) => {
    const { status, body } = await send(...call);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  };
  const staff: PetShopClient["staff"] = (more = {}) => ({ authorization: `Bearer ${shop().staff}`, ...more });
  const sell: PetShopClient["sell"] = async (more = {}) => {
    const product = await ok("POST", "/api/products/", { headers: staff(), body: { ...ball, ...more } });
    return { id: product.id, sku: product.skus.data[0].id };
  };
  return {
    send,
    ok,
    staff,
    sell,
    order: async (headers, { quality = 1 } = {}) => {
      const { id } = await sell();
      await ok("POST", `/api/cart/${id}/buy/`, { headers, body: { quality } });
      return ok("POST", "/api/cart/checkout/", { headers, body: petOwner });
    },
    pay: (order_id, cart = "tok_mastercard") => send("POST", "/api/cart/paid/", { body: { order_id, cart } }),
  };
}
