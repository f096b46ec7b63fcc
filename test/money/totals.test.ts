import process from "node:process";
import { expect, test } from "vitest";
import { money } from "../../lib/money/money.ts";
import { priceCart } from "../../services/cart/price-cart.ts";
import { toOrderMessage } from "../../services/order/convert.ts";
import { createRandom } from "../support/random.ts";
import { addUp, compare, giveBack } from "./books.ts";
import { orderOf } from "./order-of.ts";
import { offersOf, pricedBy, randomSale } from "./random-sale.ts";
import { tryCarts } from "./try-carts.ts";

// `ROWLOCK_CARTS=1000000 ROWLOCK_SEED=1 npx vitest run test/money` tries more of them, or the same again.
const { ROWLOCK_CARTS: carts = "2000", ROWLOCK_SEED: given } = process.env;
const seed = Number(given ?? Math.floor(Math.random() * 2 ** 31));

test(`lines, discounts, taxes, shipping and totals of ${carts} random carts add up, and so do their orders and refunds`, {
  timeout: 10_000_000,
}, async () => {
  const tally = await tryCarts({ count: Number(carts), seed });
  // None of it is rare enough to be missed.
  for (const [what, count] of Object.entries(tally)) expect([what, count]).not.toEqual([what, 0]);
});

test("books that do not add up are noticed", async () => {
  const random = createRandom(7);
  const sale = randomSale(random);
  const order = await orderOf(sale);
  const paid = addUp(toOrderMessage(order));
  for (const sum of [
    "itemTotal",
    "itemDiscount",
    "shippingDiscount",
    "taxTotal",
    "includedTaxTotal",
  ] as const) {
    expect(() => addUp(toOrderMessage({ ...order, [sum]: order[sum] + 1n }))).toThrow(/equal|more than/);
  }
  const cart = await priceCart(pricedBy(sale), { cart: sale.cart, offers: offersOf(sale) }, {});
  for (const sum of ["itemTotal", "itemDiscount", "taxTotal", "total"] as const) {
    const { currencyCode, amount = 0n } = cart[sum] ?? { currencyCode: "" };
    const wrong = { ...cart, [sum]: money(currencyCode, amount + 1n) };
    expect(() => compare(wrong, toOrderMessage(order))).toThrow("equal");
  }
  const [line] = cart.lines;
  if (line === undefined) throw new Error("no line");
  const wrong = { ...cart, lines: [{ ...line, quantity: line.quantity + 1n }, ...cart.lines.slice(1)] };
  expect(() => compare(wrong, toOrderMessage(order))).toThrow("equal");
  expect(() => giveBack(random, { order, paid: paid + 1n })).toThrow("equal");
  expect(() => giveBack(random, { order, paid: paid - 1n })).toThrow("more goes back than was paid");
});
