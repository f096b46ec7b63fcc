import { afterAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { delivery } from "../support/buyer.ts";
import { type Answer, infoIn, reasonIn } from "../support/rest.ts";
import { openOnlineStore } from "./online-store-shop.ts";

const opened = await openOnlineStore();
const { shop, post, get, asStaff, sell, order, awaitMoney, report } = opened;
afterAll(() => opened[Symbol.asyncDispose]());

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
