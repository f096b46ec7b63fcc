import { Code, ConnectError } from "@connectrpc/connect";
import { beforeEach, describe, expect, test } from "vitest";
import { sha256Hex } from "../../lib/ids/ids.ts";
import { MAX_AMOUNT } from "../../lib/money/money.ts";
import { type CartDocument, emptyCart, frozen, withQuantity } from "./cart.ts";
import { withCoupon } from "./coupons.ts";
import { findOffers } from "./offers.ts";
import { priceCart } from "./price-cart.ts";
import { contact, shippingAddress } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";
import { FakeShop } from "./testing/fake-shop.ts";

const guest = sha256Hex("token");
const empty = emptyCart({ id: "cart_1", owner: guest, currencyCode: "USD", now: 0 });
const delivered = { contact, shippingAddress };
let shop: FakeShop;
beforeEach(() => {
  shop = new FakeShop();
  shop.sell("A", { USD: 1000n }, 2n);
  shop.sell("B", { USD: 250n }, 10n);
  shop.sell("OUT", { USD: 1n }, 0n);
  shop.sell("EUROPE", { EUR: 1n }, 10n);
  shop.coupons.set("TEN", 10n).set("SIX", 6n);
});

const price = async (cart: CartDocument) =>
  priceCart(shop, { cart, offers: await findOffers(shop, cart, {}) }, {});
const cartOf = (units: Record<string, number>, more: Partial<CartDocument> = {}): CartDocument => ({
  ...Object.entries(units).reduce((cart, [sku, n]) => withQuantity(cart, sku, n), empty),
  ...more,
});

test("promotions are asked about what is to be ordered, taxes about what is left of it", async () => {
  const cart = withCoupon(cartOf({ A: 3, OUT: 1, EUROPE: 1, GONE: 1, B: 4 }, delivered), "TEN");
  await price(cart);
  expect(shop.asked).toEqual({
    promotion: [
      {
        lines: [
          {
            ...{ sku: "A", productId: "prod_A", categoryIds: ["category-A"], quantity: 2n },
            unitPrice: expect.objectContaining({ currencyCode: "USD", amount: 1000n }),
          },
          {
            ...{ sku: "B", productId: "prod_B", categoryIds: ["category-B"], quantity: 4n },
            unitPrice: expect.objectContaining({ currencyCode: "USD", amount: 250n }),
          },
        ],
        ...{ codes: ["TEN"], customerKey: contact.email, orderId: "" },
      },
    ],
    tax: [
      {
        address: expect.objectContaining(shippingAddress),
        lines: [
          { sku: "A", taxCategory: "tax-a", total: expect.objectContaining({ amount: 1990n }) },
          { sku: "B", taxCategory: "tax-b", total: expect.objectContaining({ amount: 1000n }) },
        ],
      },
    ],
  });
});

test.each<[string, Partial<CartDocument>, { customerKey: string; orderId: string }]>([
  ["a guest who is not known yet", {}, { customerKey: "", orderId: "" }],
  ["a guest by e-mail address", delivered, { customerKey: contact.email, orderId: "" }],
  ["a customer by account", { ...delivered, owner: "cus_1" }, { customerKey: "cus_1", orderId: "" }],
  ["an order's own use does not count", frozen(empty, "ord_1", 0), { customerKey: "", orderId: "ord_1" }],
])("Promotion knows %s", async (_, { lines: _lines, ...more }, want) => {
  await price(cartOf({ A: 1 }, more));
  expect(shop.asked.promotion).toMatchObject([want]);
});

describe("what is not asked", () => {
  test("anything, for an empty cart, with an address or without", async () => {
    const cart = await price(cartOf({}, delivered));
    expect(shop.calls).toEqual({ catalog: 0, inventory: 0, promotion: 0, tax: 0 });
    expect(cart).toMatchObject({
      itemDiscount: { amount: 0n },
      taxTotal: { amount: 0n },
      total: { amount: 0n },
    });
    expect((await price(empty)).taxTotal).toBeUndefined();
  });

  test("taxes, while there is no address: they are not known", async () => {
    const cart = await price(cartOf({ A: 1 }));
    expect(shop.calls.tax).toBe(0);
    expect(cart).toMatchObject({ total: { amount: 1000n }, lines: [{ taxes: [] }] });
    expect(cart.taxTotal).toBeUndefined();
  });
});

test("the total is the goods less discounts and the taxes that are not in the prices", async () => {
  shop.tax = { added: 80n, included: 5n };
  const cart = await price(withCoupon(withCoupon(cartOf({ A: 2, B: 1, OUT: 1 }, delivered), "TEN"), "SIX"));
  expect(cart).toMatchObject({
    itemTotal: { amount: 2250n },
    itemDiscount: { amount: 16n },
    taxTotal: { amount: 170n },
    total: { currencyCode: "USD", amount: 2250n - 16n + 160n },
    coupons: [
      { code: "TEN", applied: true },
      { code: "SIX", applied: true },
    ],
  });
  expect(cart.lines).toMatchObject([
    {
      discounts: [{ code: "TEN" }, { code: "SIX" }],
      discountedTotal: { amount: 1984n },
      taxes: [
        { name: "City", included: false, amount: { amount: 80n } },
        { name: "VAT", included: true, amount: { amount: 5n } },
      ],
    },
    { discounts: [], discountedTotal: { amount: 250n }, taxes: [{ name: "City" }, { name: "VAT" }] },
    { sku: "OUT", discounts: [], discountedTotal: { amount: 0n }, taxes: [] },
  ]);
});

test("taxes may bring the total to 15 digits, and no further", async () => {
  const cart = cartOf({ A: 1 }, delivered);
  shop.tax = { added: MAX_AMOUNT - 1000n, included: 0n };
  expect((await price(cart)).total?.amount).toBe(MAX_AMOUNT);
  shop.tax.added += 1n;
  expect(await failureOf(price(cart))).toMatchObject({
    reason: "CART_TOTAL_TOO_LARGE",
    metadata: { cart_id: "cart_1" },
  });
});

describe.each(["promotion", "tax"] as const)("without an answer of %s no price is shown", (service) => {
  test("what passes with time stays what it is", async () => {
    shop.failure = { [service]: new ConnectError("away", Code.Unavailable) };
    await expect(price(cartOf({ A: 1 }, delivered))).rejects.toMatchObject({ code: Code.Unavailable });
  });

  test("a refusal is not the buyer's fault: no ConnectError, the cause kept", async () => {
    const refusal = new ConnectError("lines[0]: too long", Code.InvalidArgument);
    shop.failure = { [service]: refusal };
    const err = await price(cartOf({ A: 1 }, delivered)).catch((thrown: unknown) => thrown);
    expect(err).not.toBeInstanceOf(ConnectError);
    expect(err).toMatchObject({ cause: refusal });
  });
});
