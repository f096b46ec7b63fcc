import { randomUUID } from "node:crypto";
import type { DescMethod } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../lib/testing/wait-for.ts";
import { newVisitor, signUp } from "./auth/visitor.ts";
import { type Buyer, delivery, newBuyer, newOrder } from "./support/buyer.ts";
import { isReading, nameOf, routes } from "./support/contracts.ts";
import { notifyScenes } from "./support/notify-scenes.ts";
import { paymentScenes } from "./support/payment-scenes.ts";
import { priceScenes } from "./support/price-scenes.ts";
import { type Answer, reasonIn } from "./support/rest.ts";
import { type Json, sampleOf, toHttp } from "./support/samples.ts";
import type { Scene } from "./support/scene.ts";
import { shippingScenes } from "./support/shipping-scenes.ts";
import { openShop, type TestShop } from "./support/shop.ts";
import { shopFrontScenes } from "./support/shop-front-scenes.ts";
import { stockScenes } from "./support/stock-scenes.ts";
import { makeDelivery, makeEndpoint } from "./support/webhook-calls.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
  await shop.sell("KEYED", { stock: 10_000 });
  await shop.sell("KEYED-2", { stock: 10_000 });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const get = async (path: string) => {
  const answer = await shop.rest("GET", path, { staff: shop.staff });
  expect(answer.status).toBe(200);
  return answer.body;
};

async function cart(): Promise<{ buyer: Buyer; known: Json; token: string }> {
  const buyer = await newBuyer(shop.rest);
  expect((await buyer.add("KEYED", 2)).status).toBe(200);
  expect((await buyer.deliver()).status).toBe(200);
  const known = {
    cart_id: buyer.cartId,
    sku: "KEYED",
    contact: delivery.contact,
    shipping_address: delivery.shippingAddress,
  };
  return { buyer, known, token: buyer.token };
}

async function order(): Promise<{
  buyer: Buyer;
  order: Answer;
  orderId: string;
  known: Json;
  token: string;
}> {
  const { buyer, order } = await newOrder(shop.rest, ["KEYED"]);
  const [first] = order.body.shippingMethods as [{ id: string }];
  const known = { order_id: order.body.id, shipping_method_id: first.id };
  return { buyer, order, orderId: order.body.id, known, token: buyer.token };
}

async function payment(method: "card" | "transfer"): Promise<{ known: Json; order_id: string }> {
  const { buyer, order: made } = await order();
  const order_id = made.body.id as string;
  const paid = await (method === "card"
    ? buyer.payByCard(order_id, "pm_card_visa")
    : buyer.payByTransfer(order_id, "BCA_VA"));
  expect(paid.status).toBe(200);
  return { order_id, known: { payment_id: paid.body.payment.id } };
}

async function endpoint(): Promise<{ known: Json }> {
  return { known: { endpoint_id: await makeEndpoint(shop) } };
}

async function shipment(): Promise<{ known: Json; rates: string[] }> {
  const { order: made } = await order();
  const { shipments } = await get(`/v1/shipments?orderId=${made.body.id}`);
  const rates = shipments[0].rates.map(({ id }: { id: string }) => id) as string[];
  return { known: { shipment_id: shipments[0].id, rate_id: rates[0] ?? "" }, rates };
}

async function product(): Promise<Json> {
  const sku = `SKU-${randomUUID()}`;
  await shop.sell(sku);
  const { products } = await get(`/v1/products?query=${sku}&pageSize=1`);
  return { "rowlock.catalog.v1.Product.id": products[0].id, product_id: products[0].id, etag: "" };
}

/** A customer with two addresses, of whom the first is the default one. */
async function customer(): Promise<{
  id: string;
  session: string;
  known: Json;
  addresses: () => Promise<Json[]>;
}> {
  const signedUp = await signUp(newVisitor(shop.httpUrl), `${randomUUID()}@example.com`);
  const { token: session, user } = signedUp.body;
  const add = async () => {
    const body = { address: delivery.shippingAddress };
    const { status, body: saved } = await shop.rest("POST", "/v1/customer/addresses", {
      staff: session,
      body,
    });
    expect(status).toBe(200);
    return saved.id as string;
  };
  const address_id = await add();
  await add();
  const known = { customer_id: user.id, address_id, etag: "" };
  const addresses = async () =>
    (await shop.rest("GET", "/v1/customer/addresses", { staff: session })).body.addresses;
  return { id: user.id, session, known, addresses };
}

/** A webhook of a provider that a service has dealt with: one comes of every purchase. */
async function webhookEvent(service: string): Promise<Scene> {
  await payment("card");
  const event = await waitFor(
    async () => {
      const { events } = await get(`/v1/webhookEvents/${service}`);
      return (events as { id: string; state: string }[]).find(({ state }) => state === "STATE_APPLIED");
    },
    { timeoutMs: 20_000, what: `a webhook at ${service}` },
  );
  return { known: { event_id: event.id } };
}

/** Of an erasure: how far it is changes. */
const begun = ({ requestTime }: Record<string, unknown>) => requestTime;

/** One for each keyed method that has a route. */
const scenes: Record<string, () => Promise<Scene>> = {
  ...Object.fromEntries(
    Object.entries({
      ...notifyScenes,
      ...paymentScenes,
      ...priceScenes,
      ...shippingScenes,
      ...shopFrontScenes,
      ...stockScenes,
    }).map(([name, make]) => [name, () => make(shop)]),
  ),
  "cart.v1.CartService/CreateCart": async () => ({ known: {}, other: { currency_code: "EUR" } }),
  "cart.v1.CartService/AddItem": async () => ({ ...(await cart()), other: { quantity: 5 } }),
  "cart.v1.CartService/SetItem": async () => ({ ...(await cart()), other: { quantity: 5 } }),
  "cart.v1.CartService/RemoveItem": async () => ({ ...(await cart()), other: { sku: "KEYED-2" } }),
  "cart.v1.CartService/ClearCart": cart,
  "cart.v1.CartService/SetDelivery": async () => ({
    ...(await cart()),
    other: { contact: { ...delivery.contact, phone: "" } },
  }),
  "catalog.v1.CatalogService/CreateProduct": async () => ({
    known: { sku: randomUUID() },
    other: { title: "other" },
  }),
  "catalog.v1.CatalogService/UpdateProduct": async () => ({
    known: await product(),
    other: { title: "other" },
  }),
  "catalog.v1.CatalogService/ArchiveProduct": async () => ({ known: await product() }),
  "catalog.v1.CatalogService/CreateCategory": async () => ({
    known: { id: `c-${randomUUID()}` },
    other: { title: "other" },
  }),
  "inventory.v1.InventoryService/SetStock": async () => ({
    known: { sku: randomUUID() },
    other: { on_hand: 5 },
  }),
  "inventory.v1.InventoryService/AdjustStock": async () => {
    const sku = randomUUID();
    await shop.sell(sku, { stock: 10 });
    const effects = async () => (await shop.stock(sku)).onHand - 10;
    return { known: { sku, delta: 1, location_id: "" }, other: { delta: 2 }, effects };
  },
  "order.v1.OrderService/RetryOrder": async () => ({ known: (await order()).known }),
  "order.v1.OrderService/PlaceOrder": async () => {
    const { buyer, known, token } = await cart();
    const effects = async () => {
      const { orders } = await get("/v1/orders?pageSize=200");
      return orders.filter((each: { cartId: string }) => each.cartId === buyer.cartId).length as number;
    };
    const total = { currencyCode: "USD", amount: 2000 };
    return {
      known: { ...known, expected_item_total: total, expected_total: total },
      other: { contact: { ...delivery.contact, phone: "" } },
      token,
      effects,
    };
  },
  "order.v1.OrderService/SetShippingMethod": async () => {
    const made = await order();
    const other = { shipping_method_id: made.order.body.shippingMethods[1].id };
    return { known: made.known, token: made.token, other };
  },
  "order.v1.OrderService/PayOrder": async () => {
    const { known, token, orderId } = await order();
    const effects = async () => (await get(`/v1/payments?orderId=${orderId}`)).payments.length as number;
    // Its twins and its shipping go on with the order meanwhile.
    const lasting = ({ id, total, payment }: Record<string, unknown>) => ({ id, total, payment });
    return { known, token, effects, lasting, other: { payment_method: "pm_card_mastercard" } };
  },
  "order.v1.OrderService/ConfirmPayment": async () => {
    const { buyer, known, token, orderId } = await order();
    const asked = await buyer.payByCard(orderId, "pm_card_authenticationRequired");
    expect(asked.body.payment.state).toBe("STATE_REQUIRES_ACTION");
    return { known, token };
  },
  "order.v1.OrderService/CancelOrder": async () => ({ ...(await order()), other: { reason: "other" } }),
  "order.v1.OrderService/RefundOrder": async () => {
    const { buyer, known, orderId } = await order();
    expect((await buyer.payByCard(orderId, "pm_card_visa")).status).toBe(200);
    return {
      known: { ...known, items: [], shipping: true },
      other: { reason: "other" },
      effects: async () => (await get(`/v1/orders/${orderId}`)).refunds.length as number,
      // It is being shipped meanwhile.
      lasting: ({ id, refunds }: Record<string, unknown>) => ({ id, refunds }),
    };
  },
  "payment.v1.PaymentService/ConfirmPayment": () => payment("transfer"),
  "payment.v1.PaymentService/RejectPayment": async () => ({
    ...(await payment("transfer")),
    other: { reason: "other" },
  }),
  "payment.v1.PaymentService/RefundPayment": async () => {
    const { known, order_id } = await payment("card");
    const effects = async () => {
      const { payments } = await get(`/v1/payments?orderId=${order_id}`);
      return Number(payments[0].refunded.amount);
    };
    return {
      known: { ...known, amount: { currencyCode: "USD", amount: 1 } },
      other: { amount: { currencyCode: "USD", amount: 2 } },
      effects,
    };
  },
  "shipping.v1.ShippingService/SelectRate": async () => {
    const { known, rates } = await shipment();
    return { known, other: { rate_id: rates[1] ?? "" } };
  },
  "shipping.v1.ShippingService/BuyLabel": async () => {
    const { known, rates } = await shipment();
    return { known, other: { rate_id: rates[1] ?? "" } };
  },
  "webhook.v1.WebhookService/CreateEndpoint": async () => {
    const description = randomUUID();
    return {
      known: { description },
      other: { description: "other" },
      effects: async () => {
        const { endpoints } = await get("/v1/webhookEndpoints");
        return endpoints.filter((endpoint: Json) => endpoint["description"] === description).length;
      },
    };
  },
  "webhook.v1.WebhookService/UpdateEndpoint": async () => ({
    known: { "rowlock.webhook.v1.Endpoint.id": await makeEndpoint(shop), etag: "" },
    other: { description: "other" },
  }),
  "webhook.v1.WebhookService/DeleteEndpoint": () => endpoint(),
  "webhook.v1.WebhookService/RotateEndpointSecret": () => endpoint(),
  "webhook.v1.WebhookService/TestEndpoint": () => endpoint(),
  "webhook.v1.WebhookService/RecoverDeliveries": async () => ({
    ...(await endpoint()),
    other: { since: "2026-02-28T12:00:00Z" },
  }),
  "webhook.v1.WebhookService/ReplayDelivery": async () => ({
    known: { delivery_id: await makeDelivery(shop, "KEYED") },
  }),
  "auth.v1.AuthService/CreateApiKey": async () => {
    const name = randomUUID();
    return {
      known: { name },
      other: { name: "other" },
      effects: async () => {
        const keys: { name: string }[] = (await get("/v1/apiKeys")).apiKeys;
        return keys.filter((key) => key.name === name).length;
      },
    };
  },
  "customer.v1.CustomerService/UpdateOwnProfile": async () => ({
    ...(await customer()),
    known: { update_mask: "name", etag: "" },
    other: { name: "other" },
  }),
  "customer.v1.CustomerService/AddAddress": async () => {
    const { session, addresses } = await customer();
    const effects = async () => (await addresses()).length - 2;
    return { session, known: {}, other: { label: "other" }, effects };
  },
  "customer.v1.CustomerService/ReplaceAddress": async () => ({
    ...(await customer()),
    other: { label: "other" },
  }),
  "customer.v1.CustomerService/RemoveAddress": async () => {
    const { session, known, addresses } = await customer();
    return { session, known, effects: async () => 2 - (await addresses()).length };
  },
  "customer.v1.CustomerService/EraseOwnData": async () => {
    const { session, known } = await customer();
    return { session, known, lasting: begun };
  },
  "customer.v1.CustomerService/EraseCustomer": async () => ({
    known: (await customer()).known,
    lasting: begun,
  }),
  "auth.v1.AuthService/RevokeApiKey": async () => {
    const body = { name: "Lost", role: "ROLE_VIEWER" };
    const made = await shop.rest("POST", "/v1/apiKeys", { staff: shop.staff, body });
    return { known: { api_key_id: made.body.id } };
  },
  "notify.v1.NotifyService/SendEmail": async () => {
    const to = `${randomUUID()}@example.com`;
    return {
      known: { to },
      other: { subject: "other" },
      effects: async () => (await shop.inbox("emails", to)).length,
    };
  },
  "notify.v1.NotifyService/SendSms": async () => {
    const to = `+1415${String(Math.floor(Math.random() * 1e7)).padStart(7, "0")}`;
    return {
      known: { "rowlock.notify.v1.SendSmsRequest.to": to },
      other: { text: "other" },
      effects: async () => (await shop.inbox("messages", to)).length,
    };
  },
  "payment.v1.PaymentService/ReplayWebhookEvent": () => webhookEvent("payment"),
  "shipping.v1.ShippingService/ReplayWebhookEvent": () => webhookEvent("shipping"),
  "notify.v1.NotifyService/ReplayWebhookEvent": () => webhookEvent("notify"),
};

/** They answer with how things stand, and are tried in test/legacy/micro-services-keys.test.ts. */
const isMicroServices = ({ parent }: DescMethod) => parent.name === "MicroServicesService";
const keyed = routes.filter(
  ({ method }) =>
    !isReading(method) &&
    !isMicroServices(method) &&
    method.input.fields.some((field) => field.name === "request_id"),
);
const shortName = (route: (typeof routes)[number]) => nameOf(route.method).replace("rowlock.", "");

test("every keyed RPC with a route has a scene", () => {
  expect(new Set(keyed.map(shortName))).toEqual(new Set(Object.keys(scenes)));
});

describe.each(keyed.map((route) => [shortName(route), route] as const))("%s", (name, route) => {
  /** Calls with the header alone: the request has no key of its own. */
  const caller = ({ known, token, session = shop.staff }: Scene, key: string) => {
    const { method, path, body } = toHttp(
      route,
      sampleOf(route.method.input, { known: { ...known, request_id: "" } }),
    );
    return () =>
      shop.rest(method, path, { body, key, ...(token === undefined ? { staff: session } : { token }) });
  };
  const sceneOf = () => (scenes[name] as () => Promise<Scene>)();

  test("one effect and one answer, at once and again", async () => {
    const scene = await sceneOf();
    const call = caller(scene, `key-${randomUUID()}`);
    const answers = await Promise.all(Array.from({ length: 5 }, call));
    answers.push(await call());
    expect(answers.map(({ status, body }) => (status === 200 ? status : body))).toEqual(Array(6).fill(200));
    const { lasting = (body: unknown) => body } = scene;
    for (const { body } of answers) expect(lasting(body)).toEqual(lasting(answers[0]?.body));
    expect(await (scene.effects?.() ?? 1)).toBe(1);
  });

  // Of some requests nothing but the path and the key can differ.
  const isOpen = route.method.input.fields.some(
    (field) => field.name !== "request_id" && !route.template.includes(`{${field.name}}`),
  );
  test.runIf(isOpen)("another request with the key is refused", async () => {
    const scene = await sceneOf();
    const { other } = scene;
    if (other === undefined) throw new Error("the scene lacks another request");
    const key = `key-${randomUUID()}`;
    expect((await caller(scene, key)()).status).toBe(200);
    const refused = await caller({ ...scene, known: { ...scene.known, ...other } }, key)();
    expect([refused.status, refused.body.error?.status, reasonIn(refused)]).toEqual([
      409,
      "ALREADY_EXISTS",
      "REQUEST_ID_REUSED",
    ]);
    expect(await (scene.effects?.() ?? 1)).toBe(1);
  });
});
