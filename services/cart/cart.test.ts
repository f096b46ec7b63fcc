import { describe, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import {
  asOf,
  type CartDocument,
  cartLifeMs,
  emptyCart,
  freezeMs,
  frozen,
  keyLifeMs,
  maxLines,
  ordered,
  remembering,
  thawed,
  touched,
  withQuantity,
} from "./cart.ts";

const now = Date.parse("2030-01-01T00:00:00Z");
const open = emptyCart({ id: "cart_1", owner: "o", currencyCode: "USD", now });
const forA = frozen(open, "ord_a", now);
const doneA = ordered(forA, "ord_a");

describe("the order of a cart", () => {
  const until = now + freezeMs;
  test.each<[string, () => CartDocument, CartDocument["order"] | string]>([
    ["freeze an open cart", () => forA, { state: "frozen", id: "ord_a", until }],
    [
      "freeze for another order: it has the cart, the time starts again",
      () => frozen(forA, "ord_b", now + 1000),
      { state: "frozen", id: "ord_b", until: until + 1000 },
    ],
    ["freeze an ordered cart: nothing", () => frozen(doneA, "ord_b", now), { state: "ordered", id: "ord_a" }],
    ["just before the time is over", () => asOf(forA, until - 1), { state: "frozen", id: "ord_a", until }],
    ["the time is over", () => asOf(forA, until), undefined],
    ["ordered is for good", () => asOf(doneA, now + cartLifeMs), { state: "ordered", id: "ord_a" }],
    ["thaw", () => thawed(forA, "ord_a"), undefined],
    ["thaw for another order: nothing", () => thawed(forA, "ord_b"), { state: "frozen", id: "ord_a", until }],
    ["thaw an ordered cart: nothing", () => thawed(doneA, "ord_a"), { state: "ordered", id: "ord_a" }],
    ["complete", () => doneA, { state: "ordered", id: "ord_a" }],
    ["complete again", () => ordered(doneA, "ord_a"), { state: "ordered", id: "ord_a" }],
    ["complete after the freeze was over", () => ordered(open, "ord_a"), { state: "ordered", id: "ord_a" }],
    ["complete while another attempt runs", () => ordered(forA, "ord_b"), { state: "ordered", id: "ord_b" }],
    ["complete what became another order", () => ordered(doneA, "ord_b"), "CART_NOT_OPEN"],
  ])("%s", (_, change, want) => {
    expect(outcome(() => change().order)).toEqual(want);
  });
});

describe("quantities", () => {
  const two = withQuantity(withQuantity(open, "A", 1), "B", 2);
  const full = Array.from({ length: maxLines }, (_, n) => `S${n}`).reduce(
    (cart, sku) => withQuantity(cart, sku, 1),
    open,
  );
  test.each<[string, CartDocument, string, number, object | string]>([
    ["a new line comes last", two, "C", 3, { A: 1, B: 2, C: 3 }],
    ["a line keeps its place", two, "A", 9, { A: 9, B: 2 }],
    ["0 removes", two, "A", 0, { B: 2 }],
    ["0 of what is not there", two, "C", 0, { A: 1, B: 2 }],
    ["10,000 is the most", open, "A", 10_000, { A: 10_000 }],
    ["10,001 is too many", open, "A", 10_001, "QUANTITY_TOO_LARGE"],
    ["100 lines are the most", full, "X", 1, "CART_FULL"],
  ])("%s", (_, cart, sku, quantity, want) => {
    const got = outcome(() =>
      withQuantity(cart, sku, quantity).lines.map((line) => [line.sku, line.quantity]),
    );
    expect(got).toEqual(typeof want === "string" ? want : Object.entries(want));
  });

  test("a full cart's lines can change", () => {
    expect(withQuantity(full, "S7", 5).lines).toHaveLength(maxLines);
  });
});

test("a cart remembers the keys of a day, and 256 of them", () => {
  const made = (count: number, every: number) =>
    Array.from({ length: count }, (_, n) => n).reduce(
      (cart, n) => remembering(cart, { key: `k${n}`, request: "r", time: now + n * every }),
      open,
    ).keys ?? [];
  const many = made(257, 1);
  expect([many.length, many.at(0)?.key, many.at(-1)?.key]).toEqual([256, "k1", "k256"]);
  expect(made(30, keyLifeMs / 24).map(({ key }) => key)).toEqual(
    Array.from({ length: 24 }, (_, n) => `k${n + 6}`),
  );
});

test("a change starts the 30 days again; no change leaves the document", () => {
  const later = now + 5000;
  expect(touched(open, { ...open }, later)).toMatchObject({
    createTime: now,
    updateTime: later,
    expireTime: later + cartLifeMs,
  });
  expect(touched(open, open, later)).toBe(open);
  // Another replica's clock may be behind.
  expect(touched(open, { ...open }, now - 1)).toMatchObject({
    updateTime: now,
    expireTime: now + cartLifeMs,
  });
});

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (err) {
    return reasonOf(err);
  }
}
