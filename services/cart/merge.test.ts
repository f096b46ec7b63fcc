import { describe, expect, test } from "vitest";
import { type CartDocument, cartLifeMs, emptyCart, frozen, maxLines, ordered, withQuantity } from "./cart.ts";
import { canMerge, claimed, handedOver, isOpen, receiptFor, settled, withLinesOf } from "./merge.ts";
import { contact, shippingAddress } from "./testing/carts.ts";

const now = Date.parse("2030-01-01T00:00:00Z");
const later = now + 1000;

/** An open cart with `units` by SKU. */
function cartOf(id: string, units: Record<string, number>, more: Partial<CartDocument> = {}): CartDocument {
  const empty = emptyCart({ id, owner: "cus_1", currencyCode: "USD", now });
  const filled = Object.entries(units).reduce((cart, [sku, n]) => withQuantity(cart, sku, n), empty);
  return { ...filled, ...more };
}
const unitsOf = ({ lines }: CartDocument) =>
  Object.fromEntries(lines.map((line) => [line.sku, line.quantity]));
const many = (count: number, prefix: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, 1]));

describe("withLinesOf", () => {
  test.each<[string, Record<string, number>, Record<string, number>, Record<string, number>]>([
    ["other SKUs come after the cart's own", { A: 1 }, { B: 2, C: 3 }, { A: 1, B: 2, C: 3 }],
    ["units of the same SKU add up in its place", { A: 1, B: 1 }, { B: 2 }, { A: 1, B: 3 }],
    ["10,000 of a SKU are the most", { A: 9_999 }, { A: 2 }, { A: 10_000 }],
    ["into an empty cart", {}, { A: 1 }, { A: 1 }],
    ["nothing", { A: 1 }, {}, { A: 1 }],
  ])("%s", (_, into, other, want) => {
    const { cart, left } = withLinesOf(cartOf("cart_into", into), cartOf("cart_other", other), later);
    expect(Object.entries(unitsOf(cart))).toEqual(Object.entries(want));
    expect(left).toEqual([]);
    expect(receiptFor(cart, "cart_other")).toEqual({ from: "cart_other", left: [] });
  });

  test("what finds no room is left, what has a line comes", () => {
    const into = cartOf("cart_into", many(maxLines - 1, "S"));
    const other = cartOf("cart_other", { X: 1, Y: 2, S0: 5, Z: 3 });
    const { cart, left } = withLinesOf(into, other, later);
    expect(unitsOf(cart)).toEqual({ ...many(maxLines - 1, "S"), S0: 6, X: 1 });
    expect(left).toEqual(["Y", "Z"]);
    expect(unitsOf(handedOver(other, left))).toEqual({ Y: 2, Z: 3 });
  });

  test.each<[string, CartDocument]>([
    ["frozen", frozen(cartOf("cart_into", { A: 1 }), "ord_1", now)],
    ["ordered", ordered(cartOf("cart_into", { A: 1 }), "ord_1")],
    ["on its way itself", cartOf("cart_into", { A: 1 }, { mergingInto: "cart_x" })],
    ["somebody else's", cartOf("cart_into", { A: 1 }, { owner: "cus_2" })],
    ["in another currency", cartOf("cart_into", { A: 1 }, { currencyCode: "EUR" })],
  ])("a cart that is %s takes nothing, and says so", (_, into) => {
    const { cart, left } = withLinesOf(into, cartOf("cart_other", { A: 1, B: 2 }), later);
    expect(left).toEqual(["A", "B"]);
    expect(cart).toEqual({ ...into, receipts: [{ from: "cart_other", left }] });
  });

  test.each<[string, Partial<CartDocument>, Partial<CartDocument>, Partial<CartDocument>]>([
    ["comes along", {}, { contact, shippingAddress }, { contact, shippingAddress }],
    [
      "that is known stays",
      { contact, shippingAddress },
      { contact: { ...contact, phone: "" }, shippingAddress: { ...shippingAddress, name: "Bob" } },
      { contact, shippingAddress },
    ],
    ["that is not known is not there", {}, {}, {}],
  ])("the delivery %s", (_, into, other, want) => {
    const { cart } = withLinesOf(cartOf("cart_into", {}, into), cartOf("cart_other", {}, other), later);
    const { contact, shippingAddress } = cart;
    expect({ ...(contact && { contact }), ...(shippingAddress && { shippingAddress }) }).toEqual(want);
    expect("contact" in cart).toBe("contact" in want);
  });

  test.each<[string, string[], string[], string[] | undefined]>([
    ["come behind the cart's own, each once", ["A1", "B2"], ["C3", "A1"], ["A1", "B2", "C3"]],
    ["are ten at most", Object.keys(many(9, "C")), ["X1", "Y1"], [...Object.keys(many(9, "C")), "X1"]],
    ["that nobody gave are not there", [], [], undefined],
  ])("codes %s", (_, into, other, want) => {
    const withCodes = (coupons: string[]) => (coupons.length === 0 ? {} : { coupons });
    const { cart } = withLinesOf(
      cartOf("cart_into", {}, withCodes(into)),
      cartOf("cart_other", {}, withCodes(other)),
      later,
    );
    expect(cart.coupons).toEqual(want);
    expect("coupons" in cart).toBe(want !== undefined);
  });

  test("the line is as the buyer saw it last", () => {
    const into = cartOf("cart_into", { A: 1 });
    const seen = { sku: "A", quantity: 2, seenPrice: "900", title: "T", variantTitle: "V", imageUrl: "I" };
    const { cart } = withLinesOf(into, cartOf("cart_other", {}, { lines: [seen] }), later);
    expect(cart.lines).toEqual([{ ...seen, quantity: 3 }]);
  });

  test.each([
    ["now", now, later, later],
    ["after the other's change, whatever the clock says", now + 5000, later, now + 5001],
  ])("the cart changed %s", (_, updateTime, at, want) => {
    const { cart } = withLinesOf(cartOf("cart_into", {}), cartOf("cart_other", {}, { updateTime }), at);
    expect(cart).toMatchObject({ updateTime: want, expireTime: want + cartLifeMs });
  });
});

test("claimed, a cart is the customer's; only one on its way has changed", () => {
  const cart = cartOf("cart_1", { A: 1 }, { owner: "0".repeat(64) });
  const customerId = "cus_1";
  expect(claimed(cart, { customerId, into: undefined, now: later })).toEqual({ ...cart, owner: customerId });
  const going = claimed(cart, { customerId, into: "cart_2", now: later });
  expect(going).toEqual({
    ...cart,
    owner: customerId,
    mergingInto: "cart_2",
    updateTime: later,
    expireTime: later + cartLifeMs,
  });
  expect([isOpen(cart), isOpen(going), isOpen(handedOver(going, []))]).toEqual([true, false, true]);
});

test("a receipt goes alone", () => {
  const cart = cartOf("cart_1", {});
  const both = { ...cart, receipts: ["cart_2", "cart_3"].map((from) => ({ from, left: [] })) };
  const one = settled(both, "cart_2");
  expect(one.receipts).toEqual([{ from: "cart_3", left: [] }]);
  expect(settled(one, "cart_2")).toBe(one);
  expect(settled(one, "cart_3")).toEqual(cart);
});

test.each<[string, Partial<CartDocument>, boolean]>([
  ["the same currency", { id: "cart_2" }, true],
  ["another currency", { id: "cart_2", currencyCode: "EUR" }, false],
  ["another currency, but no lines", { id: "cart_2", currencyCode: "EUR", lines: [] }, true],
  ["itself", {}, false],
])("canMerge: %s", (_, more, want) => {
  const into = cartOf("cart_1", { A: 1 });
  expect(canMerge({ ...into, ...more }, into)).toBe(want);
});
