import { afterAll, beforeAll, expect, test } from "vitest";
import { newVisitor } from "../auth/visitor.ts";
import { newOrder } from "../support/buyer.ts";
import { infoIn, reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
  await shop.sell("101", { stock: 100 });
  await shop.sell("102", { stock: 100 });
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
});

interface Item {
  product_id: string;
  quantity: number;
}

const setCart = (customer: string, items: Item[], staff?: string) =>
  shop.rest("PUT", `/carts/${customer}`, { body: { items }, staff });
const getCart = (customer: string) => shop.rest("GET", `/carts/${customer}`);
const order = (customer: string) => shop.rest("POST", `/orders/${customer}`);
const getOrders = (id: string) => shop.rest("GET", `/orders/${id}`);
const allOrders = () => shop.rest("GET", "/orders", { staff: shop.staff });
const one: Item[] = [{ product_id: "101", quantity: 1 }];

test("the requests as they stood: nothing yet, an order of a cart, the order, the customer's orders", async () => {
  const none = await allOrders();
  expect([none.status, none.body]).toEqual([200, { message: "No orders were found.", orders: [] }]);
  expect((await getOrders("7")).status).toBe(404);

  const items = [
    { product_id: "101", quantity: 2 },
    { product_id: "102", quantity: 1 },
  ];
  const filled = await setCart("7", items);
  expect([filled.status, filled.body]).toEqual([200, { customer_id: "7", status: "Open", items }]);

  const made = await order("7");
  expect([made.status, made.body]).toEqual([
    201,
    { message: "Order created successfully", id: expect.stringMatching(/^ord_/) },
  ]);
  expect(await shop.stock("101")).toMatchObject({ onHand: 100, reserved: 2, available: 98 });
  expect((await getCart("7")).body).toEqual({ customer_id: "7", status: "Ordered", items });

  const shown = {
    id: made.body.id,
    customer_id: "7",
    status: "Ordered",
    items,
    payment_id: expect.stringMatching(/^pay_/),
  };
  const single = await getOrders(made.body.id);
  expect([single.status, single.body]).toEqual([200, shown]);
  const customers = await getOrders("7");
  expect([customers.status, customers.body]).toEqual([200, { orders: [shown] }]);
  const all = await allOrders();
  expect([all.status, all.body]).toEqual([200, { orders: [shown] }]);
});

test("a slash at the end of a path changes nothing", async () => {
  expect((await shop.rest("GET", "/orders/", { staff: shop.staff })).body).toEqual((await allOrders()).body);
  expect((await getOrders("7/")).body).toEqual((await getOrders("7")).body);
});

test("all orders are for staff alone", async () => {
  const answer = await shop.rest("GET", "/orders");
  expect([answer.status, reasonIn(answer)]).toEqual([401, "UNAUTHENTICATED"]);
});

test("a short item is a 400 that names the product, and nothing is taken", async () => {
  await shop.sell("scarce", { stock: 3 });
  await shop.sell("plenty", { stock: 3 });
  for (const customer of ["first", "second"]) {
    const wanted = ["plenty", "scarce"].map((product_id) => ({
      product_id,
      quantity: product_id === "scarce" ? 2 : 1,
    }));
    expect((await setCart(customer, wanted)).status).toBe(200);
  }
  expect((await order("first")).status).toBe(201);
  const short = await order("second");
  expect(short.status).toBe(400);
  expect(infoIn(short)).toMatchObject({
    reason: "ITEM_SHORT",
    metadata: { product_id: "scarce", requested: "2", available: "1" },
  });
  expect(short.body.error.message).toContain("scarce");
  expect(await shop.stock("plenty")).toMatchObject({ onHand: 3, reserved: 1 });
  expect((await getCart("second")).body.status).toBe("Open");
  expect((await getOrders("second")).status).toBe(404);
});

test("the same order again is the same order, until there is a new cart", async () => {
  await setCart("twice", one);
  const first = await order("twice");
  const again = await order("twice");
  expect([again.status, again.body]).toEqual([201, first.body]);
  await setCart("twice", one);
  expect((await order("twice")).body.id).not.toBe(first.body.id);
  expect((await getOrders("twice")).body.orders).toHaveLength(2);
});

test("a customer's first calls at once make one cart", async () => {
  const items = [
    { product_id: "101", quantity: 1 },
    { product_id: "102", quantity: 1 },
  ];
  const answers = await Promise.all(Array.from({ length: 6 }, () => setCart("at-once", items)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await order("at-once")).status).toBe(201);
  expect((await getCart("at-once")).body).toMatchObject({ status: "Ordered", items });
});

test("of an order's calls at once one makes it, and none makes another", async () => {
  await setCart("double", one);
  const answers = await Promise.all(Array.from({ length: 5 }, () => order("double")));
  const ids = answers.flatMap(({ status, body }) => (status === 201 ? [body.id] : []));
  expect(new Set(ids).size).toBe(1);
  expect(answers.every(({ status }) => status === 201 || status === 404)).toBe(true);
  expect((await getOrders("double")).body.orders).toHaveLength(1);
});

test.each([
  ["of a customer without a cart", "nobody", 404, "CART_NOT_FOUND"],
  ["of an empty cart", "empty", 400, "CART_EMPTY"],
])("an order %s is refused", async (_what, customer, status, reason) => {
  if (customer === "empty") await setCart(customer, []);
  const answer = await order(customer);
  expect([answer.status, reasonIn(answer)]).toEqual([status, reason]);
});

test.each([
  ["a customer without orders", "stranger"],
  ["an order that there is not", "ord_0000"],
])("%s is not found", async (_what, id) => {
  const answer = await getOrders(id);
  expect([answer.status, reasonIn(answer)]).toEqual([404, "ORDERS_NOT_FOUND"]);
});

test("an order that came another way is not shown", async () => {
  const { order: other } = await newOrder(shop.rest, ["101"]);
  const answer = await getOrders(other.body.id);
  expect([answer.status, reasonIn(answer)]).toEqual([404, "ORDERS_NOT_FOUND"]);
});

test("a rejected transfer gives the stock back, and the order says so", async () => {
  await shop.sell("returned", { stock: 1 });
  await setCart("rejected", [{ product_id: "returned", quantity: 1 }]);
  const { id } = (await order("rejected")).body;
  const { payment_id } = (await getOrders(id)).body;
  await shop.rest("POST", `/v1/payments/${payment_id}:reject`, { staff: shop.staff });
  expect((await getOrders(id)).body.status).toBe("Canceled");
  expect(await shop.stock("returned")).toMatchObject({ onHand: 1, reserved: 0, available: 1 });
});

test("an account's cart and orders are open to that customer and to staff alone", async () => {
  const visitor = newVisitor(shop.httpUrl);
  const body = { email: "om@example.com", name: "Om", password: "correct horse" };
  const signedUp = (await visitor.send("POST", "/v1/auth/sign-up/email", { body })).body;
  const session = signedUp.token as string;
  const caller = await shop.rest("GET", "/v1/caller", { staff: session });
  const customer = String(caller.body.id);
  expect(customer).toMatch(/^cus_/);
  for (const path of [`/carts/${customer}`, `/orders/${customer}`]) {
    const answer = await shop.rest("GET", path);
    expect([answer.status, reasonIn(answer)]).toEqual([401, "UNAUTHENTICATED"]);
  }
  expect((await setCart(customer, one)).status).toBe(401);
  expect((await setCart(customer, one, session)).status).toBe(200);
  const made = await shop.rest("POST", `/orders/${customer}`, { staff: session });
  expect(made.status).toBe(201);
  const shown = { id: made.body.id, customer_id: customer, status: "Ordered", items: one };
  for (const staff of [session, shop.staff]) {
    expect((await shop.rest("GET", `/orders/${made.body.id}`, { staff })).body).toMatchObject(shown);
    expect((await shop.rest("GET", `/orders/${customer}`, { staff })).body).toMatchObject({
      orders: [shown],
    });
  }
  expect((await getOrders(made.body.id)).status).toBe(401);
});

test("a flash sale oversells nothing: each unit has one order", async () => {
  const [buyers, units] = [60, 20];
  await shop.sell("flash", { stock: units });
  const customers = Array.from({ length: buyers }, (_, i) => `flash-${i}`);
  const filled = await Promise.all(
    customers.map((customer) => setCart(customer, [{ product_id: "flash", quantity: 1 }])),
  );
  expect(new Set(filled.map(({ status }) => status))).toEqual(new Set([200]));
  const answers = await Promise.all(customers.map((customer) => order(customer)));
  const sold = answers.filter(({ status }) => status === 201);
  const short = answers.filter(({ status }) => status === 400);
  expect([sold.length, short.length]).toEqual([units, buyers - units]);
  expect(new Set(sold.map(({ body }) => body.id)).size).toBe(units);
  expect(new Set(short.map(reasonIn))).toEqual(new Set(["ITEM_SHORT"]));
  expect(await shop.stock("flash")).toMatchObject({ onHand: units, reserved: units, available: 0 });
  const reconciled = await shop.rest("POST", "/v1/stock:reconcile", { staff: shop.staff, body: {} });
  expect([reconciled.status, reconciled.body.violations]).toEqual([200, []]);
});
