import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { delivery } from "../support/buyer.ts";
import { type Answer, infoIn, reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const post = (path: string, body: unknown, key?: string) =>
  shop.rest("POST", `/api/v1/${path}`, { body, key });
const get = (path: string) => shop.rest("GET", `/api/v1/${path}`);
const asStaff = (method: string, path: string, body?: unknown, key?: string) =>
  shop.rest(method, `/api/v1/${path}`, { staff: shop.staff, body, key });

/** Makes a product; answers its id. */
async function sell(quantity: number, price = 10): Promise<string> {
  const made = await asStaff("POST", "products", { name: `Mug ${randomUUID()}`, price, quantity });
  expect(made.status).toBe(200);
  return made.body.id;
}

/** Makes an order that is not checked out. */
async function order(items: Record<string, number>): Promise<Answer> {
  return post("create-order", {
    customer_id: 7,
    items: Object.entries(items).map(([product_id, quantity]) => ({ product_id, quantity })),
  });
}

/** Makes, checks out and begins to pay an order; answers its payment. */
async function awaitMoney(items: Record<string, number>): Promise<Answer> {
  const made = await order(items);
  expect(made.status).toBe(200);
  expect((await post("checkout-order", { order_id: made.body.id })).status).toBe(200);
  const payment = await post("payment-order", { order_id: made.body.id, payment_method: "BCA_VA" });
  expect(payment.status).toBe(200);
  return payment;
}

/** What the staff's report says of a product. */
async function report(id: string): Promise<unknown> {
  const { body } = await asStaff("GET", "check-product-quantity");
  return body.products.find((each: { product_id: string }) => each.product_id === id);
}

test("all ten requests, as they were", async () => {
  // 2. add a product
  const made = await asStaff("POST", "products", {
    name: "12.12 mug",
    price: 19.99,
    quantity: 10,
    description: "Holds tea.",
    sku: "MUG-1212",
  });
  expect(made.status).toBe(200);
  const product = {
    id: "MUG-1212",
    sku: "MUG-1212",
    name: "12.12 mug",
    description: "Holds tea.",
    price: 19.99,
    currency: "USD",
    quantity: 10,
  };
  expect(made.body).toEqual(product);

  // 1. all products
  const all = await get("products");
  expect(all.body.products).toContainEqual(product);

  // 3. an order that is not checked out yet
  const created = await post("create-order", {
    customer_id: 42,
    items: [{ product_id: "MUG-1212", quantity: 3 }],
  });
  expect(created.status).toBe(200);
  const orderId: string = created.body.id;
  expect(created.body).toMatchObject({
    number: "",
    status: "created",
    customer_id: "42",
    items: [{ product_id: "MUG-1212", name: "12.12 mug", price: 19.99, quantity: 3, subtotal: 59.97 }],
    total: 59.97,
    currency: "USD",
    payment_id: "",
  });
  expect(await shop.stock("MUG-1212")).toMatchObject({ reserved: 0, available: 10 });

  // 4. one order with its items
  expect((await get(`order/${orderId}`)).body).toEqual(created.body);

  // 5. check it out
  const checkedOut = await post("checkout-order", { order_id: orderId });
  expect(checkedOut.status).toBe(200);
  expect(checkedOut.body).toMatchObject({
    id: orderId,
    number: expect.stringMatching(/^ord_/),
    status: "checked_out",
    customer_id: "42",
    items: [{ product_id: "MUG-1212", quantity: 3, subtotal: 59.97 }],
    shipping: 0,
    total: 59.97,
    reserved_until: expect.any(String),
  });
  expect(await shop.stock("MUG-1212")).toMatchObject({ reserved: 3, available: 7 });
  expect((await get(`order/${orderId}`)).body).toEqual(checkedOut.body);
  expect((await get(`order/${checkedOut.body.number}`)).body).toEqual(checkedOut.body);

  // 10. available, demanded, to be added
  expect(await report("MUG-1212")).toEqual({
    product_id: "MUG-1212",
    name: "12.12 mug",
    available: 7,
    demanded: 3,
    to_add: 0,
  });

  // 6. make a payment
  const payment = await post("payment-order", { order_id: orderId, payment_method: "BCA_VA" });
  expect(payment.status).toBe(200);
  expect(payment.body).toMatchObject({
    id: expect.stringMatching(/^pay_/),
    order_id: orderId,
    status: "pending",
    payment_method: "BCA_VA",
    amount: 59.97,
    currency: "USD",
    account_number: expect.stringMatching(/./),
    order: { id: orderId, status: "checked_out" },
  });
  const paymentId: string = payment.body.id;

  // 9. the payment with its order's detail
  const seen = await get(`payment-order/${paymentId}`);
  expect(seen.body).toEqual(payment.body);
  expect(seen.body.order.items).toEqual([
    { product_id: "MUG-1212", name: "12.12 mug", price: 19.99, quantity: 3, subtotal: 59.97 },
  ]);

  // 7. confirm it
  const confirmed = await asStaff("PUT", `confirm-payment-order/${paymentId}`);
  expect(confirmed.status).toBe(200);
  expect(confirmed.body).toMatchObject({ id: paymentId, status: "confirmed", order: { status: "paid" } });
  expect((await get(`order/${orderId}`)).body).toMatchObject({ status: "paid", payment_id: paymentId });
  expect(await shop.stock("MUG-1212")).toMatchObject({ onHand: 7, reserved: 0, available: 7 });

  // 8. reject another: its stock comes back
  const other = await awaitMoney({ "MUG-1212": 2 });
  expect(await shop.stock("MUG-1212")).toMatchObject({ reserved: 2, available: 5 });
  const rejected = await asStaff("PUT", `reject-payment-order/${other.body.id}`);
  expect(rejected.status).toBe(200);
  expect(rejected.body).toMatchObject({ status: "rejected", order: { status: "canceled" } });
  await waitFor(async () => (await shop.stock("MUG-1212")).available === 7);
  expect(await report("MUG-1212")).toMatchObject({ available: 7, demanded: 0, to_add: 0 });
});

test("a trailing slash is no other address", async () => {
  expect((await shop.rest("GET", "/api/v1/products/")).status).toBe(200);
});

test("short stock is refused at the checkout with what is left, and nothing is locked", async () => {
  const [scarce, plenty] = [await sell(5), await sell(5)];
  const late = await order({ [scarce]: 4, [plenty]: 1 });
  await awaitMoney({ [scarce]: 3 });
  const refused = await post("checkout-order", { order_id: late.body.id });
  expect([refused.status, infoIn(refused)]).toEqual([
    409,
    expect.objectContaining({
      reason: "INSUFFICIENT_STOCK",
      metadata: expect.objectContaining({ sku: scarce, requested: "4", available: "2" }),
    }),
  ]);
  const shortage = refused.body.error.details.find((each: Record<string, string>) =>
    each["@type"]?.endsWith("StockShortage"),
  );
  expect(shortage.lines).toMatchObject([{ sku: scarce, requested: 4, available: 2 }]);
  expect(await shop.stock(plenty)).toMatchObject({ reserved: 0 });
  // It is as it was, and shows what is left.
  expect((await get(`order/${late.body.id}`)).body).toMatchObject({
    status: "created",
    items: [
      { product_id: scarce, quantity: 4, available: 2 },
      { product_id: plenty, quantity: 1, available: 5 },
    ],
  });
});

test("what there is not enough of is refused when the order is made, too", async () => {
  const scarce = await sell(2);
  const refused = await order({ [scarce]: 3 });
  expect([refused.status, infoIn(refused)]).toEqual([
    409,
    expect.objectContaining({
      reason: "INSUFFICIENT_STOCK",
      metadata: expect.objectContaining({ sku: scarce, requested: "3", available: "2" }),
    }),
  ]);
});

test("the 12.12 sale: nothing is sold twice, all of it is sold, and who is too late is told", {
  timeout: 120_000,
}, async () => {
  const [buyers, units, rejections] = [120, 30, 8];
  const hot = await sell(units);
  /** Buys as a storefront does, all the way to a payment; what the first refusal says, otherwise. */
  const buy = async (): Promise<{ refused: Answer } | { paymentId: string }> => {
    const made = await order({ [hot]: 1 });
    if (made.status !== 200) return { refused: made };
    const checkedOut = await post("checkout-order", { order_id: made.body.id });
    if (checkedOut.status !== 200) return { refused: checkedOut };
    const payment = await post("payment-order", { order_id: made.body.id });
    return payment.status === 200 ? { paymentId: payment.body.id } : { refused: payment };
  };
  const sale = async (count: number) => {
    const outcomes = await Promise.all(Array.from({ length: count }, buy));
    const refused = outcomes.flatMap((each) => ("refused" in each ? [each.refused] : []));
    expect(new Set(refused.map(reasonIn))).toEqual(new Set(["INSUFFICIENT_STOCK"]));
    for (const each of refused) {
      expect([each.status, infoIn(each)?.metadata]).toEqual([
        409,
        expect.objectContaining({ sku: hot, requested: "1", available: "0" }),
      ]);
    }
    return outcomes.flatMap((each) => ("paymentId" in each ? [each.paymentId] : []));
  };
  const settle = (how: "confirm" | "reject", payments: readonly string[]) =>
    Promise.all(
      payments.map(async (id) => {
        const { status, body } = await asStaff("PUT", `${how}-payment-order/${id}`);
        expect([status, body.order.status]).toEqual([200, how === "confirm" ? "paid" : "canceled"]);
      }),
    );

  const first = await sale(buyers);
  expect(first).toHaveLength(units);
  await Promise.all([
    settle("reject", first.slice(0, rejections)),
    settle("confirm", first.slice(rejections)),
  ]);
  await waitFor(async () => (await shop.stock(hot)).available === rejections);

  const second = await sale(buyers);
  expect(second).toHaveLength(rejections);
  await settle("confirm", second);
  expect(await shop.stock(hot)).toMatchObject({ onHand: 0, reserved: 0, available: 0 });
  const checked = await shop.rest("POST", "/v1/stock:reconcile", {
    staff: shop.staff,
    body: { dryRun: true, skus: [hot] },
  });
  expect(checked.body.violations).toEqual([]);
});

describe("repeating", () => {
  test("a product and its stock are made once", async () => {
    const key = randomUUID();
    const body = { name: "Once", price: 5, quantity: 3 };
    const first = await asStaff("POST", "products", body, key);
    const again = await asStaff("POST", "products", body, key);
    expect([again.status, again.body]).toEqual([200, first.body]);
    const other = await asStaff("POST", "products", { ...body, price: 6 }, key);
    expect([other.status, reasonIn(other)]).toEqual([409, "REQUEST_ID_REUSED"]);
    expect(await shop.stock(first.body.id)).toMatchObject({ onHand: 3 });
  });

  test("an order is made once by its key, also when it was checked out since", async () => {
    const [one, two] = [await sell(10), await sell(10)];
    const key = randomUUID();
    const body = { customer_id: "c-1", items: [{ product_id: one, quantity: 2 }] };
    const first = await post("create-order", body, key);
    expect((await post("create-order", body, key)).body).toEqual(first.body);
    for (const items of [
      [{ product_id: one, quantity: 3 }],
      [{ product_id: two, quantity: 2 }],
      [...body.items, { product_id: two, quantity: 1 }],
    ]) {
      const other = await post("create-order", { ...body, items }, key);
      expect([other.status, reasonIn(other)]).toEqual([409, "REQUEST_ID_REUSED"]);
    }
    const checkedOut = await post("checkout-order", { order_id: first.body.id });
    expect((await post("create-order", body, key)).body).toEqual(checkedOut.body);
    // Another customer's key is another key.
    const others = await post("create-order", { ...body, customer_id: "c-2" }, key);
    expect(others.body.id).not.toBe(first.body.id);
  });

  test("a checkout and a payment are made once, with a key or without", async () => {
    const id = await sell(10);
    const made = await order({ [id]: 2 });
    const body = { order_id: made.body.id };
    const [one, two] = await Promise.all([post("checkout-order", body), post("checkout-order", body)]);
    expect([one.status, two.body]).toEqual([200, one.body]);
    const paid = await post("payment-order", body);
    expect((await post("payment-order", body)).body).toEqual(paid.body);
    expect(paid.body.payment_method).toBe("BANK_TRANSFER");
    expect((await post("checkout-order", body)).body).toMatchObject({ payment_id: paid.body.id });
    expect(await shop.stock(id)).toMatchObject({ reserved: 2 });
    const other = await post("checkout-order", body, "another key of the buyer");
    expect([other.status, reasonIn(other)]).toEqual([409, "CART_ALREADY_ORDERED"]);
  });

  test.each(["confirm", "reject"])("a payment is %sed once", async (verb) => {
    const id = await sell(10);
    const payment = await awaitMoney({ [id]: 1 });
    const path = `${verb}-payment-order/${payment.body.id}`;
    const first = await asStaff("PUT", path, {});
    const again = await asStaff("PUT", path);
    expect([again.status, again.body]).toEqual([200, first.body]);
  });

  test("what is confirmed is not rejected any more", async () => {
    const { body } = await awaitMoney({ [await sell(1)]: 1 });
    expect((await asStaff("PUT", `confirm-payment-order/${body.id}`)).status).toBe(200);
    const rejected = await asStaff("PUT", `reject-payment-order/${body.id}`);
    expect([rejected.status, reasonIn(rejected)]).toEqual([400, "PAYMENT_NOT_AWAITING_TRANSFER"]);
  });
});

test("with an address the order is shipped, in the cheapest way", async () => {
  await shop.sell("SHIPPED", { stock: 5, price: 1000 });
  const made = await order({ SHIPPED: 1 });
  const checkedOut = await post("checkout-order", {
    order_id: made.body.id,
    contact: delivery.contact,
    shipping_address: {
      name: "Ada Lovelace",
      line1: "1 Main St",
      city: "Portland",
      state: "OR",
      postal_code: "97201",
      country_code: "US",
    },
  });
  expect(checkedOut.status).toBe(200);
  expect(checkedOut.body.shipping).toBeGreaterThan(0);
  expect(checkedOut.body.total).toBeCloseTo(10 + checkedOut.body.shipping, 10);
  const payment = await post("payment-order", { order_id: made.body.id });
  expect(payment.body.amount).toBe(checkedOut.body.total);
});

test("what costs nothing is paid without a transfer", async () => {
  const gift = await sell(2, 0);
  const made = await order({ [gift]: 1 });
  await post("checkout-order", { order_id: made.body.id });
  const paid = await post("payment-order", { order_id: made.body.id });
  expect([paid.status, paid.body]).toMatchObject([
    200,
    { id: "", order_id: made.body.id, status: "confirmed", amount: 0, order: { status: "paid" } },
  ]);
  expect(await shop.stock(gift)).toMatchObject({ onHand: 1, reserved: 0 });
});

test("prices of products and totals are the catalog's in minor units", async () => {
  const id = await sell(5, 0.07);
  const made = await order({ [id]: 3 });
  expect(made.body.total).toBe(0.21);
});

describe("what belongs to others, or is nobody's", () => {
  test.each([
    "order/cart_00000000000000000000000000",
    "order/ord_nothing",
    "order/7",
    "payment-order/pay_nothing",
  ])("%s is not found", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  test("a cart and an order of the shop's own are not found", async () => {
    await shop.sell("OWN");
    const cart = await shop.rest("POST", "/v1/carts", { body: {} });
    const { id, token } = cart.body;
    await shop.rest("POST", `/v1/carts/${id}/items`, { token, body: { sku: "OWN", quantity: 1 } });
    await shop.rest("PUT", `/v1/carts/${id}/delivery`, { token, body: delivery });
    for (const path of [`order/${id}`, "checkout-order", "payment-order"]) {
      const answer = path.startsWith("order/") ? await get(path) : await post(path, { order_id: id });
      expect([path, answer.status, reasonIn(answer)]).toEqual([path, 404, "ORDER_NOT_FOUND"]);
    }
    const placed = await shop.rest("POST", "/v1/orders", { token, body: { cartId: id } });
    const shipping = { shippingMethodId: placed.body.shippingMethods[0].id };
    await shop.rest("POST", `/v1/orders/${placed.body.id}:setShippingMethod`, { token, body: shipping });
    const paid = await shop.rest("POST", `/v1/orders/${placed.body.id}:pay`, {
      token,
      body: { bankTransfer: { bank: "BCA_VA" } },
    });
    const { payment } = paid.body;
    expect((await get(`order/${placed.body.id}`)).status).toBe(404);
    expect((await get(`payment-order/${payment.id}`)).status).toBe(404);
    for (const verb of ["confirm", "reject"]) {
      const answer = await asStaff("PUT", `${verb}-payment-order/${payment.id}`);
      expect([answer.status, reasonIn(answer)]).toEqual([404, "PAYMENT_NOT_FOUND"]);
    }
  });

  test.each([
    ["POST", "products"],
    ["PUT", "confirm-payment-order/pay_1"],
    ["PUT", "reject-payment-order/pay_1"],
    ["GET", "check-product-quantity"],
  ])("%s %s is staff's business", async (method, path) => {
    const body = method === "GET" ? undefined : { name: "x", price: 1, quantity: 1 };
    const answer = await shop.rest(method, `/api/v1/${path}`, { body });
    expect([answer.status, reasonIn(answer)]).toEqual([401, "UNAUTHENTICATED"]);
  });
});

describe("bad input", () => {
  test.each<[string, unknown, string]>([
    ["create-order", { customer_id: 1, items: [] }, "no items"],
    ["create-order", { customer_id: 1, items: [{ quantity: 1 }] }, "an item without a product"],
    ["create-order", { customer_id: 1, items: [{ product_id: "a", quantity: 0 }] }, "no units"],
    ["create-order", { customer_id: 1, items: [{ product_id: "a", quantity: 1.5 }] }, "half a unit"],
    [
      "create-order",
      { customer_id: {}, items: [{ product_id: "a", quantity: 1 }] },
      "a customer that is an object",
    ],
    ["create-order", { customer_id: 1.5, items: [{ product_id: "a", quantity: 1 }] }, "half a customer"],
    ["create-order", { items: [1, 2].map(() => ({ product_id: "a", quantity: 1 })) }, "a product twice"],
    ["checkout-order", {}, "no order"],
    ["payment-order", { order_id: "x", payment_method: "!" }, "no method"],
  ])("%s %j is a 400 (%s)", async (path, body, _why) => {
    const answer = await post(path, body);
    expect([answer.status, reasonIn(answer)]).toEqual([400, "INVALID_ARGUMENT"]);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ name: "", price: 1, quantity: 1 }, "no name"],
    [{ name: "x", price: -1, quantity: 1 }, "a negative price"],
    [{ name: "x", price: 0.001, quantity: 1 }, "a tenth of a cent"],
    [{ name: "x", price: 1, quantity: -1 }, "fewer than no units"],
    [{ name: "x", price: 1, quantity: 1, sku: "no blanks" }, "no SKU"],
  ])("a product %j is a 400 (%s)", async (body, _why) => {
    const answer = await asStaff("POST", "products", body);
    expect([answer.status, reasonIn(answer)]).toEqual([400, "INVALID_ARGUMENT"]);
  });

  test("a product that there is not is a 404, and an order that is not checked out cannot be paid", async () => {
    const missing = await order({ "NO-SUCH": 1 });
    expect([missing.status, reasonIn(missing)]).toEqual([404, "SKU_NOT_FOUND"]);
    const made = await order({ [await sell(1)]: 1 });
    const early = await post("payment-order", { order_id: made.body.id });
    expect([early.status, reasonIn(early)]).toEqual([400, "ORDER_NOT_CHECKED_OUT"]);
  });
});
