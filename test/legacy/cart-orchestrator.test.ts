import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
  await sell("batik", { title: "Batik shirt", description: "Printed by hand", rupiah: 15000 });
  await sell("kopi", { title: "Coffee", description: "Arabica", rupiah: 5000 });
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
});

interface Offer {
  title: string;
  description: string;
  rupiah: number;
  stock?: number;
}

async function sell(sku: string, { title, description, rupiah, stock = 10 }: Offer): Promise<void> {
  const prices = [{ currencyCode: "IDR", amount: rupiah * 100 }];
  const product = { title, description, variants: [{ sku, prices }] };
  const made = await shop.rest("POST", "/v1/products", { staff: shop.staff, body: product });
  expect(made.status).toBe(200);
  await shop.rest("POST", `/v1/stock/${sku}:set`, { staff: shop.staff, body: { onHand: stock } });
}

const upsert = (body: object) => shop.rest("POST", "/api/upsert_cart", { body });
const placeOrder = (ID: string, action = "CHECKOUT") =>
  shop.rest("POST", "/api/place_order", { body: { ID, action } });
const getCart = (id: string) => shop.rest("GET", `/api/get_cart/${id}`);
const item = (product_id: string, quantity = 1) => ({ product_id, quantity });

const shirt = {
  product_id: "batik",
  title: "Batik shirt",
  description: "Printed by hand",
  price: 15000,
  quantity: 1,
};
const coffee = { product_id: "kopi", title: "Coffee", description: "Arabica", price: 5000, quantity: 1 };

test("the requests as they stood: a cart is made, read and ordered", async () => {
  const cart = { ID: "cart-1", paymentMethod: "BCA_VA", lineItems: [shirt, coffee] };
  const made = await upsert(cart);
  expect([made.status, made.body]).toEqual([200, { ...cart, totalPrice: 20000 }]);
  const read = await getCart("cart-1");
  expect([read.status, read.body]).toEqual([200, { ...cart, totalPrice: 20000 }]);
  const placed = await placeOrder("cart-1");
  expect([placed.status, placed.body]).toEqual([
    200,
    {
      cart_id: "cart-1",
      payment_method: "BCA_VA",
      payment_id: expect.stringMatching(/^pay_/),
      order_id: expect.stringMatching(/^ord_/),
    },
  ]);
  const payment = await shop.rest("GET", `/v1/payments/${placed.body.payment_id}`, { staff: shop.staff });
  expect(payment.body).toMatchObject({
    state: "STATE_AWAITING_TRANSFER",
    method: "BCA_VA",
    amount: { currencyCode: "IDR", amount: 20000_00 },
  });
  expect(await shop.stock("batik")).toMatchObject({ onHand: 10, reserved: 1 });
});

test("a slash at the end of a path changes nothing", async () => {
  await upsert({ ID: "slash", lineItems: [item("kopi")] });
  expect((await getCart("slash/")).body.ID).toBe("slash");
  const made = await shop.rest("POST", "/api/upsert_cart/", {
    body: { ID: "slash", lineItems: [item("kopi")] },
  });
  expect(made.status).toBe(200);
});

test("the catalog's prices and words win over the client's", async () => {
  const made = await upsert({
    ID: "cheap",
    paymentMethod: "BCA_VA",
    lineItems: [{ ...shirt, title: "Free", description: "", price: 1, quantity: 2 }],
    totalPrice: 2,
  });
  expect(made.body).toMatchObject({ lineItems: [{ ...shirt, quantity: 2 }], totalPrice: 30000 });
});

test("a cart is replaced as a whole, its payment method with it", async () => {
  await upsert({ ID: "replaced", paymentMethod: "BCA_VA", lineItems: [item("batik", 3), item("kopi")] });
  const changed = await upsert({
    ID: "replaced",
    paymentMethod: "BNI_VA",
    lineItems: [item("kopi", 2), item("kopi", 1)],
  });
  expect(changed.body).toEqual({
    ID: "replaced",
    paymentMethod: "BNI_VA",
    lineItems: [{ ...coffee, quantity: 3 }],
    totalPrice: 15000,
  });
  expect((await getCart("replaced")).body).toEqual(changed.body);
  const emptied = await upsert({ ID: "replaced" });
  expect(emptied.body).toEqual({ ID: "replaced", paymentMethod: "", lineItems: [], totalPrice: 0 });
});

test("a product is named by its id, too", async () => {
  const { body } = await shop.rest("GET", "/v1/variants:batchGet?skus=kopi");
  const made = await upsert({ ID: "by-id", lineItems: [item(body.variants[0].productId)] });
  expect(made.body.lineItems).toEqual([coffee]);
});

test("a cart without an id gets one", async () => {
  const made = await upsert({ lineItems: [item("kopi")] });
  expect((await getCart(made.body.ID)).body.lineItems).toEqual([coffee]);
});

test("an order is made once, and the id may then have a new cart", async () => {
  await upsert({ ID: "again", paymentMethod: "BCA_VA", lineItems: [item("kopi")] });
  const first = await placeOrder("again");
  expect(await placeOrder("again")).toMatchObject({ status: 200, body: first.body });
  expect(await getCart("again")).toMatchObject({ status: 404 });
  await upsert({ ID: "again", paymentMethod: "BCA_VA", lineItems: [item("kopi")] });
  const second = await placeOrder("again");
  expect(second.status).toBe(200);
  expect(second.body.order_id).not.toBe(first.body.order_id);
});

test("staff's word that the money came ends the order, which is fetched", async () => {
  await upsert({ ID: "paid", paymentMethod: "BCA_VA", lineItems: [item("kopi")] });
  const { payment_id, order_id } = (await placeOrder("paid")).body;
  await shop.rest("POST", `/v1/payments/${payment_id}:confirm`, { staff: shop.staff });
  await waitFor(async () => {
    const { body } = await shop.rest("GET", `/v1/orders/${order_id}`, { staff: shop.staff });
    return body.state === "STATE_FULFILLED";
  });
  const order = await shop.rest("GET", `/v1/orders/${order_id}`, { staff: shop.staff });
  expect(order.body).toMatchObject({
    channel: "cart-orchestrator",
    pickUp: true,
    metadata: { payment_method: "BCA_VA" },
  });
});

test.each([
  ["another action", { ID: "cart-1", action: "CANCEL" }, 400, "INVALID_ARGUMENT"],
  ["no action", { ID: "cart-1" }, 400, "INVALID_ARGUMENT"],
  ["no id", { action: "CHECKOUT" }, 400, "INVALID_ARGUMENT"],
  ["a cart that nobody made", { ID: "nobody", action: "CHECKOUT" }, 404, "CART_NOT_FOUND"],
])("place_order refuses %s", async (_what, body, status, reason) => {
  const answer = await shop.rest("POST", "/api/place_order", { body });
  expect([answer.status, reasonIn(answer)]).toEqual([status, reason]);
});

test("place_order refuses an empty cart", async () => {
  await upsert({ ID: "empty" });
  const answer = await placeOrder("empty");
  expect([answer.status, reasonIn(answer)]).toEqual([400, "CART_EMPTY"]);
});

test.each([
  ["an unknown product", { lineItems: [item("nothing")] }, 404, "SKU_NOT_FOUND"],
  ["an unknown product id", { lineItems: [item("prod_nothing")] }, 404, "SKU_NOT_FOUND"],
  ["more than there is", { lineItems: [item("kopi", 5000)] }, 409, "INSUFFICIENT_STOCK"],
  ["no units", { lineItems: [item("kopi", 0)] }, 400, "INVALID_ARGUMENT"],
  ["a payment method that is none", { paymentMethod: "bca va" }, 400, "INVALID_ARGUMENT"],
])("upsert_cart refuses %s", async (_what, body, status, reason) => {
  const answer = await upsert({ ID: "refused", ...body });
  expect([answer.status, reasonIn(answer)]).toEqual([status, reason]);
});

test("a cart that nobody made is not there", async () => {
  const answer = await getCart("nobody");
  expect([answer.status, reasonIn(answer)]).toEqual([404, "CART_NOT_FOUND"]);
});

test("the last unit is sold once, however many carts hold it", async () => {
  await sell("last", { title: "Last one", description: "", rupiah: 1000, stock: 1 });
  const ids = Array.from({ length: 8 }, (_, i) => `last-${i}`);
  for (const ID of ids) expect((await upsert({ ID, lineItems: [item("last")] })).status).toBe(200);
  const answers = await Promise.all(ids.map((id) => placeOrder(id)));
  expect(Object.groupBy(answers, ({ status }) => status)).toMatchObject({
    200: { length: 1 },
    409: { length: 7 },
  });
  expect(await shop.stock("last")).toMatchObject({ onHand: 1, reserved: 1, available: 0 });
});
