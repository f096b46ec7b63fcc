import { afterAll, beforeAll, expect, test } from "vitest";
import { type Buyer, newBuyer } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
let promotionId: string;
beforeAll(async () => {
  shop = await openShop();
  for (const id of ["kitchen", "pantry"]) await staff("POST", "/v1/categories", { id, title: id });
  await sell("PAN", { price: 4999, categoryIds: ["kitchen"] });
  await sell("OIL", { price: 899, categoryIds: ["kitchen", "pantry"], taxCategory: "food" });
  await sell("CARD", { price: 250 });
  const vat = { name: "VAT", countryCode: "DE", included: true };
  await staff("POST", "/v1/taxRates", { ...vat, rateMillionths: 190_000 });
  await staff("POST", "/v1/taxRates", { ...vat, taxCategory: "food", rateMillionths: 70_000 });
  const state = { name: "State tax", countryCode: "US", region: "NY", rateMillionths: 40_000 };
  await staff("POST", "/v1/taxRates", state);
  const kitchen = {
    ...{ title: "15 % off the kitchen", percentage: { basisPoints: 1500 } },
    target: { categoryIds: ["kitchen"] },
  };
  promotionId = (await staff("POST", "/v1/promotions", kitchen)).id;
  await staff("POST", `/v1/promotions/${promotionId}/coupons`, { codes: ["kitchen15"] });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

async function staff(method: string, path: string, body?: unknown) {
  const answer = await shop.rest(method, path, { staff: shop.staff, body });
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.body;
}

/** Puts a product with three units on sale. */
async function sell(sku: string, { price, ...product }: { price: number; [more: string]: unknown }) {
  const prices = [{ currencyCode: "USD", amount: price }];
  await staff("POST", "/v1/products", { title: sku, variants: [{ sku, prices }], ...product });
  await staff("POST", `/v1/stock/${sku}:set`, { onHand: 3 });
}

/** A cart's amounts in cents: of each line what is left of it and its taxes, and what the cart comes to. */
async function pricesOf({ cartId, token }: Buyer) {
  const { body } = await shop.rest("GET", `/v1/carts/${cartId}`, { token });
  const { lines, itemTotal, itemDiscount, taxTotal, total, coupons } = body;
  const cents = (taxes: { amount: { amount: number } }[]) => taxes.map(({ amount }) => amount.amount);
  return {
    lines: lines.map((line: { sku: string; discountedTotal: { amount: number }; taxes: never[] }) => [
      line.sku,
      line.discountedTotal.amount,
      ...cents(line.taxes),
    ]),
    cart: [itemTotal.amount, itemDiscount.amount, taxTotal?.amount, total.amount],
    coupons: coupons.map(({ code, reason }: Record<string, string>) => [code, reason]),
  };
}

const coupon = ({ cartId, token }: Buyer, code: string) =>
  shop.rest("POST", `/v1/carts/${cartId}/coupons`, { token, body: { code } });
const deliver = ({ cartId, token }: Buyer, state: string, countryCode: string) =>
  shop.rest("PUT", `/v1/carts/${cartId}/delivery`, {
    token,
    body: {
      contact: { email: "ada@example.com" },
      shippingAddress: { name: "Ada", line1: "1 Main St", city: "Town", state, countryCode },
    },
  });

test("a cart's price follows its codes, its address, the rates and the promotions", async () => {
  const buyer = await newBuyer(shop.rest);
  for (const [sku, quantity] of [["PAN", 2] as const, ["OIL", 1] as const, ["CARD", 1] as const]) {
    expect((await buyer.add(sku, quantity)).status).toBe(200);
  }
  const full = [
    ["PAN", 9998],
    ["OIL", 899],
    ["CARD", 250],
  ];
  expect(await pricesOf(buyer)).toEqual({ lines: full, cart: [11147, 0, undefined, 11147], coupons: [] });

  // 1499.7 and 134.85 off.
  expect((await coupon(buyer, " Kitchen15")).status).toBe(200);
  const kept = [["KITCHEN15", ""]];
  expect(await pricesOf(buyer)).toEqual({
    lines: [
      ["PAN", 8498],
      ["OIL", 764],
      ["CARD", 250],
    ],
    cart: [11147, 1635, undefined, 9512],
    coupons: kept,
  });

  // In the prices: 8498 / 1.19 = 7141.18, 764 / 1.07 = 714.02, 250 / 1.19 = 210.08.
  expect((await deliver(buyer, "", "DE")).status).toBe(200);
  expect(await pricesOf(buyer)).toEqual({
    lines: [
      ["PAN", 8498, 1357],
      ["OIL", 764, 50],
      ["CARD", 250, 40],
    ],
    cart: [11147, 1635, 1447, 9512],
    coupons: kept,
  });

  // Added to them: 339.92, 30.56 and 10.
  expect((await deliver(buyer, "ny", "US")).status).toBe(200);
  expect(await pricesOf(buyer)).toMatchObject({
    lines: [
      ["PAN", 8498, 340],
      ["OIL", 764, 31],
      ["CARD", 250, 10],
    ],
    cart: [11147, 1635, 381, 9893],
  });

  // One pan is left: it alone has a discount, 749.85, and a tax, 169.96.
  await staff("POST", "/v1/stock/PAN:set", { onHand: 1 });
  expect(await pricesOf(buyer)).toMatchObject({
    lines: [
      ["PAN", 4249, 170],
      ["OIL", 764, 31],
      ["CARD", 250, 10],
    ],
    cart: [6148, 885, 211, 5474],
  });

  await staff("PATCH", `/v1/promotions/${promotionId}`, { paused: true });
  expect(await pricesOf(buyer)).toMatchObject({
    cart: [6148, 0, 246, 6394],
    coupons: [["KITCHEN15", "PAUSED"]],
  });
  await staff("PATCH", `/v1/promotions/${promotionId}`, { paused: false });

  const removed = await shop.rest("DELETE", `/v1/carts/${buyer.cartId}/coupons/kitchen15`, {
    token: buyer.token,
  });
  expect(removed.body).toMatchObject({ coupons: [], total: { currencyCode: "USD", amount: 6394 } });
});

test("an automatic promotion needs no code, and its free shipping is announced", async () => {
  const { id } = await staff("POST", "/v1/promotions", {
    ...{ title: "Cards ship free", automatic: true, target: { skus: ["CARD"] }, minimumQuantity: 2 },
    freeShipping: {},
  });
  const buyer = await newBuyer(shop.rest);
  expect((await buyer.add("CARD")).body).toMatchObject({ freeShipping: false });
  expect((await buyer.add("CARD")).body).toMatchObject({ freeShipping: true, itemDiscount: { amount: 0 } });
  await staff("PATCH", `/v1/promotions/${id}`, { paused: true });
});

test("a code that nobody has is refused, and so is the eleventh", async () => {
  const { coupons } = await staff("POST", `/v1/promotions/${promotionId}/coupons`, { count: 11 });
  const buyer = await newBuyer(shop.rest);
  const answers = [];
  for (const { code } of [{ code: "NOBODYS" }, ...coupons]) answers.push(await coupon(buyer, code));
  expect(answers.map(({ status }) => status)).toEqual([404, ...Array(10).fill(200), 400]);
  expect([answers[0], answers[11]].map((answer) => answer && reasonIn(answer))).toEqual([
    "COUPON_NOT_FOUND",
    "COUPONS_FULL",
  ]);
});
