import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ball, inCart, type PetShopHeaders, petOwner, petShopClient } from "../support/pet-shop.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
});

const { send, ok, staff, sell, order } = petShopClient(() => shop);

/** A change, another one that may not have its key, and how often it had its effect. */
interface Scene {
  method: string;
  path: string;
  headers: PetShopHeaders;
  body?: object;
  other?: object;
  effects: () => Promise<number>;
}

/** A cart with two units of a product. */
async function cart() {
  const { id, sku } = await sell();
  const headers = inCart(randomUUID());
  await ok("POST", `/api/cart/${id}/buy/`, { headers, body: { quality: 2 } });
  const quality = async () => (await ok("GET", "/api/cart/", { headers }))[0]?.quality ?? 0;
  return { id, sku, headers, quality };
}

const scenes: Record<string, () => Promise<Scene>> = {
  "a new product": async () => {
    const name = `Only ${randomUUID()}`;
    return {
      ...{ method: "POST", path: "/api/products/", headers: staff() },
      ...{ body: { ...ball, name }, other: { ...ball, name, price: 60 } },
      effects: async () =>
        (await ok("GET", "/api/products/")).filter((each: { name: string }) => each.name === name).length,
    };
  },
  "units added": async () => {
    const { id, headers, quality } = await cart();
    return {
      ...{ method: "POST", path: `/api/cart/${id}/buy/`, headers },
      ...{ body: { quality: 3 }, other: { quality: 4 } },
      effects: async () => ((await quality()) - 2) / 3,
    };
  },
  "units set": async () => {
    const { id, headers, quality } = await cart();
    return {
      ...{ method: "PUT", path: `/api/cart/${id}/`, headers },
      ...{ body: { quality: 1 }, other: { quality: 4 } },
      effects: quality,
    };
  },
  "a product removed": async () => {
    const { id, headers, quality } = await cart();
    return {
      ...{ method: "DELETE", path: `/api/cart/${id}/`, headers },
      effects: async () => ((await quality()) === 0 ? 1 : 0),
    };
  },
  "a checkout": async () => {
    const { headers, sku } = await cart();
    return {
      ...{ method: "POST", path: "/api/cart/checkout/", headers },
      ...{ body: petOwner, other: { ...petOwner, name: "Bob" } },
      effects: async () => (await shop.stock(sku)).reserved / 2,
    };
  },
  "a shipping method": async () => {
    const { id, shipping_methods } = await order(inCart(randomUUID()));
    const choice = (at: number) => ({ order_id: id, shipping_id: shipping_methods[at].id });
    return {
      ...{ method: "POST", path: "/api/cart/shipping/", headers: {} },
      ...{ body: choice(1), other: choice(2) },
      effects: async () => {
        const { body } = await shop.rest("GET", `/v1/orders/${id}/events`, { staff: shop.staff });
        const chosen = body.events.filter((each: { kind: string }) => each.kind === "shipping_method_set");
        return chosen.length - 1; // the checkout's own
      },
    };
  },
  "a payment": async () => {
    const { id } = await order(inCart(randomUUID()));
    return {
      ...{ method: "POST", path: "/api/cart/paid/", headers: {} },
      body: { order_id: id, cart: "tok_mastercard" },
      effects: async () => {
        const { body } = await shop.rest("GET", `/v1/payments?orderId=${id}`, { staff: shop.staff });
        return body.payments.length;
      },
    };
  },
  "an e-mail": async () => {
    const to_email = `${randomUUID()}@example.com`;
    const body = { to_email, subject: "Hi", content: "Hello" };
    return {
      ...{ method: "POST", path: "/api/notifications/email/", headers: staff() },
      ...{ body, other: { ...body, subject: "Bye" } },
      effects: async () => (await shop.inbox("emails", to_email)).length,
    };
  },
  "a text message": async () => {
    const number = `+1415${String(Math.floor(Math.random() * 1e7)).padStart(7, "0")}`;
    return {
      ...{ method: "POST", path: "/api/notifications/sms/", headers: staff() },
      ...{ body: { number, content: "Hi" }, other: { number, content: "Bye" } },
      effects: async () => (await shop.inbox("messages", number)).length,
    };
  },
};

/** Of a removal the path says all; what is paid is answered whatever card comes. */
const alone = new Set(["a product removed", "a payment"]);

async function play(name: string) {
  const scene = await (scenes[name] as () => Promise<Scene>)();
  const headers = { ...scene.headers, "idempotency-key": randomUUID() };
  const call = (body = scene.body) => send(scene.method, scene.path, { headers, body });
  return { ...scene, call };
}

test.each(Object.keys(scenes))("%s with a key has one effect, at once and again", async (name) => {
  const { call, effects } = await play(name);
  const answers = await Promise.all(Array.from({ length: 5 }, () => call()));
  answers.push(await call());
  expect(answers.map(({ status, body }) => (status === 200 ? status : body))).toEqual(Array(6).fill(200));
  expect(await effects()).toBe(1);
});

test.each(Object.keys(scenes).filter((name) => !alone.has(name)))(
  "another request is refused the key of %s",
  async (name) => {
    const { call, other, effects } = await play(name);
    expect((await call()).status).toBe(200);
    const refused = await call(other);
    expect([refused.status, reasonIn(refused)]).toEqual([409, "REQUEST_ID_REUSED"]);
    expect(await effects()).toBe(1);
  },
);

test("clients' keys do not meet", async () => {
  const key = { "idempotency-key": "1" };
  const [a, b] = [await cart(), await cart()];
  const place = ({ headers }: { headers: PetShopHeaders }) =>
    ok("POST", "/api/cart/checkout/", { headers: { ...headers, ...key }, body: petOwner });
  const [first, second] = [await place(a), await place(b)];
  expect(first.id).not.toBe(second.id);
  for (const { id, shipping_methods } of [first, second]) {
    const body = { order_id: id, shipping_id: shipping_methods[1].id };
    expect((await ok("POST", "/api/cart/shipping/", { headers: key, body })).id).toBe(id);
  }
});
