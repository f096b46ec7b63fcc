import { afterAll, beforeAll, expect, test } from "vitest";
import { newBuyer, newOrder } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
  await shop.sell("IDEM", { stock: 1000 });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

async function filledCart() {
  const buyer = await newBuyer(shop.rest);
  await buyer.add("IDEM");
  await buyer.deliver();
  return buyer;
}

test("the same key twice: one order, the same answer, byte for byte", async () => {
  const buyer = await filledCart();
  const first = await buyer.place("key-1");
  await buyer.chooseCheapest(first);
  const again = await buyer.place("key-1");
  expect(again.body).toEqual(first.body);
});

test("the same key ten times at once: one order, the same answer", async () => {
  const buyer = await filledCart();
  const before = await shop.stock("IDEM");
  const answers = await Promise.all(Array.from({ length: 10 }, () => buyer.place("key-2")));
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect((await shop.stock("IDEM")).reserved).toBe(before.reserved + 1);
});

test("ten keys at once: one order, the others are told which", async () => {
  const buyer = await filledCart();
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => buyer.place(`key-3-${i}`)));
  const made = answers.filter(({ status }) => status === 200);
  expect(made).toHaveLength(1);
  expect(answers.filter((answer) => reasonIn(answer) === "CART_ALREADY_ORDERED")).toHaveLength(9);
});

test("the same key with another request is refused", async () => {
  const buyer = await filledCart();
  await buyer.place("key-4");
  const other = await shop.rest("POST", "/v1/orders", {
    token: buyer.token,
    key: "key-4",
    body: { cartId: buyer.cartId, expectedItemTotal: { currencyCode: "USD", amount: 1000 } },
  });
  expect([other.status, reasonIn(other)]).toEqual([409, "REQUEST_ID_REUSED"]);
});

test("paying ten times at once with one key charges once", async () => {
  const { buyer, order } = await newOrder(shop.rest, ["IDEM"]);
  const orderId = order.body.id as string;
  await Promise.all(Array.from({ length: 10 }, () => buyer.payByCard(orderId, "pm_card_visa", "pay-1")));
  const again = await buyer.payByCard(orderId, "pm_card_visa", "pay-1");
  expect(again.body.payment.state).toBe("STATE_CAPTURED");
  const payments = await shop.rest("GET", `/v1/payments?orderId=${orderId}`, { staff: shop.staff });
  expect(payments.body.payments).toHaveLength(1);
});

test("adding an item twice with one key adds it once", async () => {
  const buyer = await newBuyer(shop.rest);
  const add = () =>
    shop.rest("POST", `/v1/carts/${buyer.cartId}/items`, {
      token: buyer.token,
      key: "add-1",
      body: { sku: "IDEM", quantity: 3 },
    });
  await Promise.all([add(), add(), add()]);
  expect((await add()).body.lines[0].quantity).toBe(3);
});
