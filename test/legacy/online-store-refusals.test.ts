import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { delivery } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openOnlineStore } from "./online-store-shop.ts";

const opened = await openOnlineStore();
const { shop, post, get, asStaff, sell, order, awaitMoney } = opened;
afterAll(() => opened[Symbol.asyncDispose]());

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
