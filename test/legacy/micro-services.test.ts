import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newOrder } from "../support/buyer.ts";
import { ball, inCart, type PetShopHeaders, petOwner, petShopClient } from "../support/pet-shop.ts";
import { infoIn, reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
});

const { send, ok, staff, order, pay } = petShopClient(() => shop);

const sum = (items: { amount: number }[]) => items.reduce((all, { amount }) => all + amount, 0);

test("a purchase from the product to the label, as the older shop's client makes it", async () => {
  const product = await ok("POST", "/api/products/", { headers: staff(), body: ball });
  const { inventory: _, price: __, attributes_sku: attributes, ...shown } = ball;
  const sku = product.skus.data[0].id;
  expect(product).toEqual({
    ...shown,
    id: expect.stringMatching(/^prod_/),
    object: "product",
    active: true,
    skus: {
      object: "list",
      data: [
        {
          ...{ id: sku, object: "sku", product: product.id, price: 50, currency: "usd", attributes },
          inventory: ball.inventory,
        },
      ],
    },
    created: expect.any(Number),
    updated: expect.any(Number),
  });
  expect(sku).toMatch(/^sku_/);

  const first = await send("POST", `/api/cart/${product.id}/buy/`, { body: { quality: 5 } });
  expect(first.body).toEqual([{ type: "sku", parent: sku, quality: 5 }]);
  const cookie = first.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^micro_services_session=[\w-]{43}; Path=\/api\/cart; .*HttpOnly; SameSite=Lax$/);
  const headers = { cookie: cookie.split(";")[0] ?? "" };
  expect(await ok("GET", "/api/cart/", { headers })).toEqual(first.body);

  const placed = await ok("POST", "/api/cart/checkout/", { headers, body: petOwner });
  const [cheapest, other] = placed.shipping_methods;
  expect(placed).toEqual({
    id: expect.stringMatching(/^ord_/),
    object: "order",
    amount: 250 + cheapest.amount,
    currency: "usd",
    email: petOwner.email,
    items: [
      { type: "sku", parent: sku, description: "Ball", amount: 250, currency: "usd", quantity: 5 },
      { type: "tax", parent: "", description: "Taxes (included)", amount: 0, currency: "usd" },
      {
        ...{ type: "shipping", parent: cheapest.id, description: cheapest.description },
        ...{ amount: cheapest.amount, currency: "usd" },
      },
    ],
    selected_shipping_method: cheapest.id,
    shipping: {
      address: { ...petOwner.address, line2: "" },
      ...{ name: petOwner.name, phone: petOwner.phone, carrier: "", tracking_number: "" },
    },
    shipping_methods: expect.any(Array),
    status: "created",
    status_transitions: {},
    created: expect.any(Number),
    updated: expect.any(Number),
    upstream_id: expect.stringMatching(/^shp_/),
  });
  expect(cheapest).toEqual({
    ...{ id: expect.stringMatching(/^rate_/), amount: expect.any(Number), currency: "usd" },
    delivery_estimate: { type: "exact", date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
    description: expect.stringMatching(/^USPS \w/),
  });
  expect(await ok("GET", "/api/cart/", { headers })).toEqual([]);
  expect(await shop.stock(sku)).toMatchObject({ onHand: 500, reserved: 5 });

  const body = { order_id: placed.id, shipping_id: other.id };
  const chosen = await ok("POST", "/api/cart/shipping/", { body });
  expect(chosen).toMatchObject({ amount: 250 + other.amount, selected_shipping_method: other.id });

  const paid = (await pay(placed.id)).body;
  expect(paid).toMatchObject({
    ...{ id: placed.id, amount: chosen.amount, status: "paid", upstream_id: placed.upstream_id },
    shipping: { carrier: "USPS", tracking_number: expect.stringMatching(/./) },
    status_transitions: { paid: expect.any(Number), fulfiled: expect.any(Number) },
    ...{ email_status_code: "202", sms_status_code: "202" },
  });
  expect(sum(paid.items)).toBe(paid.amount);
  expect(await shop.stock(sku)).toMatchObject({ onHand: 495, reserved: 0 });

  const email = (await shop.inbox("emails", petOwner.email)).find(({ subject }) =>
    subject?.includes(placed.id),
  );
  expect(email?.["html"]).toContain("Ball");
  expect((await shop.inbox("messages", petOwner.phone))[0]?.["body"]).toContain(placed.id);

  const label = await ok("GET", `/api/shipments/${paid.upstream_id}/label/`, { headers: staff() });
  expect(label).toEqual({ object_id: paid.upstream_id, label_url: expect.stringMatching(/^http/) });
  expect(await (await fetch(label.label_url)).text()).toMatch(/^%PDF-/);
});

describe("orders are reached through this API alone", () => {
  test("its orders are not in the shop's own API without the right", async () => {
    const { id } = await order(inCart("mine"));
    const get = (headers: PetShopHeaders) => send("GET", `/v1/orders/${id}`, { headers });
    expect((await get({})).status).toBe(401);
    expect((await get({ "rowlock-token": "mine" })).status).toBe(403);
    expect((await get({ "rowlock-token": "header:mine" })).status).toBe(403);
    expect((await get(staff())).body.channel).toBe("micro-services");
  });

  test("the shop's own orders, and others', do not exist here", async () => {
    await shop.sell("CORE-1");
    const { order: core } = await newOrder(shop.rest, ["CORE-1"]);
    const { id } = core.body;
    const answers = [
      await pay(id),
      await send("POST", "/api/cart/shipping/", {
        body: { order_id: id, shipping_id: core.body.shippingMethods[0].id },
      }),
      await send("POST", "/api/shipments/", { headers: staff(), body: { id } }),
      await pay("ord_unknown"),
    ];
    for (const answer of answers) {
      expect([answer.status, reasonIn(answer)]).toEqual([404, "ORDER_NOT_FOUND"]);
    }
  });
});

describe("staff's business", () => {
  const requests: [string, string, object?][] = [
    ["POST", "/api/products/", ball],
    ["PUT", "/api/products/prod_1", { name: "x" }],
    ["DELETE", "/api/products/prod_1"],
    [
      "POST",
      "/api/notifications/email/",
      { to_email: "a@example.com", from_email: "b@example.com", subject: "Hi", content: "Hello" },
    ],
    ["POST", "/api/notifications/sms/", { number: "+14155550123", content: "Hello" }],
    ["POST", "/api/shipments/", { id: "ord_1" }],
    ["GET", "/api/shipments/"],
    ["GET", "/api/shipments/shp_1/rates/usd"],
    ["GET", "/api/shipments/shp_1/label/"],
  ];

  test.each(requests)("%s %s needs a key", async (method, path, body) => {
    expect((await send(method, path, { body })).status).toBe(401);
    expect((await send(method, path, { body, headers: { "x-api-key": "wrong" } })).status).toBe(401);
    expect((await send(method, path, { body, headers: { "x-api-key": shop.staff } })).status).not.toBe(401);
  });

  test("is open to all when the shop says so", async () => {
    await using open = await openShop({ ROWLOCK_LEGACY_OPEN: "true" });
    const wanted = [200, 404, 404, 200, 200, 404, 200, 404, 404];
    for (const [i, [method, path, body]] of requests.entries()) {
      const answer = await petShopClient(() => open).send(method, path, { body });
      expect(answer.status, `${method} ${path}`).toBe(wanted[i]);
    }
  });

  test("messages are sent, also written in HTML", async () => {
    const email = { to_email: "html@example.com", from_email: "me@example.com", subject: "Hi" };
    const headers = staff();
    expect(
      await ok("POST", "/api/notifications/email/", {
        headers,
        body: { ...email, content: "<p>Hello</p>" },
      }),
    ).toEqual({ "status code": "202" });
    expect((await shop.inbox("emails", email.to_email))[0]).toMatchObject({
      from: { email: email.from_email },
      ...{ subject: "Hi", text: "Hello", html: "<p>Hello</p>" },
    });
    const body = { number: "+1 (415) 555-0199", content: "Hello" };
    expect(await ok("POST", "/api/notifications/sms/", { headers, body })).toEqual({ "status code": "202" });
    expect((await shop.inbox("messages", "+14155550199"))[0]).toMatchObject({ body: "Hello" });
  });

  test("shipments with their rates; a label is bought by no look at it", async () => {
    const headers = staff();
    const placed = await order(inCart("parcels"));
    const id = placed.upstream_id;
    expect(await ok("POST", "/api/shipments/", { headers, body: placed })).toEqual(placed);
    const { body: listed } = await send("GET", "/api/shipments/", { headers });
    expect(listed.find((each: { object_id: string }) => each.object_id === id)).toEqual({
      object_id: id,
      address_to: {
        ...{ name: petOwner.name, street1: "1 Main St", street2: "", city: "Portland", state: "OR" },
        ...{ zip: "97201", country: "US", phone: petOwner.phone, email: petOwner.email },
      },
    });
    const rates = await ok("GET", `/api/shipments/${id}/rates/usd`, { headers });
    expect(rates.object_id).toBe(id);
    expect(rates.rate_items.map((each: { object_id: string }) => each.object_id)).toEqual(
      placed.shipping_methods.map((each: { id: string }) => each.id),
    );
    expect(rates.rate_items[0]).toEqual({
      ...{ object_id: placed.shipping_methods[0].id, shipment: id, provider: "USPS" },
      amount: (placed.shipping_methods[0].amount / 100).toFixed(2),
      ...{ currency: "USD", estimated_days: 3, duration_terms: "Delivery in 3 days." },
      servicelevel: { name: "Ground Advantage", token: "usps_ground_advantage", terms: "" },
      attributes: expect.arrayContaining(["CHEAPEST"]),
    });
    expect((await ok("GET", `/api/shipments/${id}/rates/eur`, { headers })).rate_items).toEqual([]);
    const label = await send("GET", `/api/shipments/${id}/label/`, { headers });
    expect([label.status, reasonIn(label)]).toEqual([400, "LABEL_NOT_BOUGHT"]);
    expect(reasonIn(await send("GET", "/api/shipments/shp_unknown/label/", { headers }))).toBe(
      "SHIPMENT_NOT_FOUND",
    );
  });
});

describe("wrong input is refused, naming the field", () => {
  const checkout = "/api/cart/checkout/";
  const flat = { height: 0, length: 1, weight: 1, width: 1 };
  const nowhere = { ...petOwner.address, country: "USA" };
  test.each([
    ["half a cent", "price", "POST", "/api/products/", { ...ball, price: 0.5 }],
    ["a price below 0", "price", "POST", "/api/products/", { ...ball, price: -1 }],
    ["no name", "name", "POST", "/api/products/", { ...ball, name: "" }],
    ["attributes that differ", "", "POST", "/api/products/", { ...ball, attributes: ["material"] }],
    ["no limit", "inventory.type", "POST", "/api/products/", { ...ball, inventory: { type: "infinite" } }],
    ["no stock", "inventory", "POST", "/api/products/", { ...ball, inventory: undefined }],
    [
      "a flat one",
      "package_dimensions.height",
      "POST",
      "/api/products/",
      { ...ball, package_dimensions: flat },
    ],
    ["an unknown field", "colour", "POST", "/api/products/", { ...ball, colour: "red" }],
    ["an unknown order", "order_by", "GET", "/api/products/?order_by=price", undefined],
    ["no units", "quality", "POST", "/api/cart/prod_1/buy/", { quality: 0 }],
    ["the right word", "quantity", "POST", "/api/cart/prod_1/buy/", { quantity: 1 }],
    ["no units given", "quality", "PUT", "/api/cart/prod_1/", {}],
    ["units below 0", "quality", "PUT", "/api/cart/prod_1/", { quality: -1 }],
    ["no e-mail address", "email", "POST", checkout, { ...petOwner, email: "ada" }],
    ["no address", "address", "POST", checkout, { ...petOwner, address: undefined }],
    ["no such country", "address.country", "POST", checkout, { ...petOwner, address: nowhere }],
    ["a card's number", "cart", "POST", "/api/cart/paid/", { order_id: "ord_1", cart: "4242424242424242" }],
    ["no method", "shipping_id", "POST", "/api/cart/shipping/", { order_id: "ord_1" }],
    ["no number", "number", "POST", "/api/notifications/sms/", { number: "555", content: "x" }],
    [
      "nobody",
      "to_email",
      "POST",
      "/api/notifications/email/",
      { to_email: "x", subject: "x", content: "x" },
    ],
    ["an order without an id", "order", "POST", "/api/shipments/", { status: "created" }],
    ["no currency", "currency", "GET", "/api/shipments/shp_1/rates/dollars", undefined],
  ])("%s: %s of %s %s", async (_why, field, method, path, body) => {
    const answer = await send(method, path, { body, headers: staff(inCart("wrong")) });
    expect([answer.status, answer.body.error?.status]).toEqual([400, "INVALID_ARGUMENT"]);
    expect(infoIn(answer)?.metadata["field"] ?? "").toBe(field);
  });

  test("a cart's id that is too long", async () => {
    const answer = await send("GET", "/api/cart/", { headers: inCart("x".repeat(129)) });
    expect([answer.status, infoIn(answer)?.metadata["field"]]).toEqual([400, "x-cart-id"]);
  });
});
