import type { ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { Notice_Kind } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { StockShortageSchema } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { type CartDocument, emptyCart } from "./cart.ts";
import type { Offers } from "./offers.ts";
import { priceGoods, seen } from "./pricing.ts";
import { sellable } from "./testing/fake-shop.ts";

const now = Date.parse("2030-01-01T00:00:00Z");
const empty = emptyCart({ id: "cart_1", owner: "o", currencyCode: "USD", now });

function cartOf(lines: { sku: string; quantity: number; seenPrice: string }[]): CartDocument {
  return {
    ...empty,
    lines: lines.map((line) => ({ ...line, title: "Old title", variantTitle: "Old", imageUrl: "old.png" })),
  };
}

function offersOf(prices: Record<string, Record<string, bigint>>, stock?: Record<string, bigint>): Offers {
  return {
    variants: new Map(Object.entries(prices).map(([sku, each]) => [sku, sellable(sku, each)])),
    available: stock && new Map(Object.entries(stock)),
  };
}

describe("one line of 3 units, seen at 10.00", () => {
  const { PRICE_CHANGED, QUANTITY_LOWERED, OUT_OF_STOCK, GONE } = Notice_Kind;
  const at = (price: bigint) => ({ A: { USD: price } });
  test.each<[string, Offers, { quantity: bigint; total: bigint; notices: Notice_Kind[] }]>([
    ["as seen", offersOf(at(1000n), { A: 3n }), { quantity: 3n, total: 3000n, notices: [] }],
    ["dearer", offersOf(at(1001n), { A: 9n }), { quantity: 3n, total: 3003n, notices: [PRICE_CHANGED] }],
    ["cheaper", offersOf(at(999n), { A: 9n }), { quantity: 3n, total: 2997n, notices: [PRICE_CHANGED] }],
    ["for free", offersOf(at(0n), { A: 9n }), { quantity: 3n, total: 0n, notices: [PRICE_CHANGED] }],
    ["two left", offersOf(at(1000n), { A: 2n }), { quantity: 2n, total: 2000n, notices: [QUANTITY_LOWERED] }],
    ["none left", offersOf(at(1000n), { A: 0n }), { quantity: 0n, total: 0n, notices: [OUT_OF_STOCK] }],
    ["never stocked", offersOf(at(1000n), {}), { quantity: 0n, total: 0n, notices: [OUT_OF_STOCK] }],
    [
      "dearer, and two left",
      offersOf(at(1001n), { A: 2n }),
      { quantity: 2n, total: 2002n, notices: [PRICE_CHANGED, QUANTITY_LOWERED] },
    ],
    ["archived", offersOf({}, { A: 9n }), { quantity: 0n, total: 0n, notices: [GONE] }],
    [
      "sold in EUR only",
      offersOf({ A: { EUR: 1000n } }, { A: 9n }),
      { quantity: 0n, total: 0n, notices: [GONE] },
    ],
    ["stock not asked for", offersOf(at(1000n)), { quantity: 3n, total: 3000n, notices: [] }],
  ])("%s", (_, offers, want) => {
    const cart = priceGoods(cartOf([{ sku: "A", quantity: 3, seenPrice: "1000" }]), offers);
    const line = cart.lines[0];
    expect({
      quantity: line?.quantity,
      total: line?.total?.amount,
      notices: line?.notices.map(({ kind }) => kind),
    }).toEqual(want);
    expect(line?.requestedQuantity).toBe(3n);
    expect(cart.itemTotal).toMatchObject({ currencyCode: "USD", amount: want.total });
    const changed = line?.notices.find(({ kind }) => kind === PRICE_CHANGED);
    expect(changed?.previousPrice?.amount).toBe(changed && 1000n);
  });
});

test("shows what is on sale as it is, and what is gone as it was last seen", () => {
  const cart = priceGoods(
    cartOf([
      { sku: "A", quantity: 1, seenPrice: "5" },
      { sku: "B", quantity: 1, seenPrice: "5" },
    ]),
    offersOf({ A: { USD: 5n } }, { A: 4n, B: 4n }),
  );
  expect(cart.lines).toMatchObject([
    {
      sku: "A",
      productId: "prod_A",
      title: "Product A",
      variantTitle: "M / red",
      imageUrl: "https://shop.test/A.png",
      available: 4n,
      unitPrice: { currencyCode: "USD", amount: 5n },
    },
    {
      sku: "B",
      productId: "",
      title: "Old title",
      variantTitle: "Old",
      imageUrl: "old.png",
    },
  ]);
  expect(cart.lines[1]?.unitPrice).toBeUndefined();
});

test("an empty cart costs nothing", () => {
  expect(priceGoods(empty, offersOf({})).itemTotal).toMatchObject({ currencyCode: "USD", amount: 0n });
});

test.each([
  ["15 digits fit", 10_000, 99_999_999_999n, 1, undefined],
  ["a second such line makes 16", 10_000, 99_999_999_999n, 2, "CART_TOTAL_TOO_LARGE"],
])("total: %s", (_, quantity, price, count, reason) => {
  const skus = Array.from({ length: count }, (_, n) => `S${n}`);
  const cart = cartOf(skus.map((sku) => ({ sku, quantity, seenPrice: String(price) })));
  const offers = offersOf(
    Object.fromEntries(skus.map((sku) => [sku, { USD: price }])),
    Object.fromEntries(skus.map((sku) => [sku, 10_000n])),
  );
  expect(thrownBy(() => priceGoods(cart, offers))).toBe(reason);
});

describe("seen", () => {
  const cart = cartOf([
    { sku: "A", quantity: 3, seenPrice: "0" },
    { sku: "B", quantity: 1, seenPrice: "7" },
  ]);

  test("remembers price and titles of that line alone", () => {
    const { lines } = seen(cart, "A", offersOf({ A: { USD: 12n }, B: { USD: 9n } }, { A: 3n, B: 3n }));
    expect(lines).toEqual([
      {
        sku: "A",
        quantity: 3,
        seenPrice: "12",
        title: "Product A",
        variantTitle: "M / red",
        imageUrl: "https://shop.test/A.png",
      },
      cart.lines[1],
    ]);
    expect(cart.lines[0]?.seenPrice).toBe("0");
  });

  test.each([
    ["not on sale", offersOf({}, { A: 9n }), "SKU_NOT_FOUND", { sku: "A" }],
    [
      "other currency",
      offersOf({ A: { EUR: 1n } }, { A: 9n }),
      "PRICE_MISSING",
      { sku: "A", currency_code: "USD" },
    ],
    [
      "one short",
      offersOf({ A: { USD: 1n } }, { A: 2n }),
      "INSUFFICIENT_STOCK",
      { sku: "A", requested: "3", available: "2" },
    ],
  ])("refuses: %s", (_, offers, reason, metadata) => {
    const err = catching(() => seen(cart, "A", offers));
    expect(errorInfo(err)).toMatchObject({ reason, metadata });
  });

  test("a shortage is typed", () => {
    const err = catching(() => seen(cart, "A", offersOf({ A: { USD: 1n } }, { A: 2n }))) as ConnectError;
    expect(err.findDetails(StockShortageSchema)[0]?.lines).toMatchObject([
      { sku: "A", requested: 3n, available: 2n },
    ]);
  });
});

function catching(work: () => unknown): unknown {
  try {
    work();
  } catch (err) {
    return err;
  }
  return undefined;
}

function thrownBy(work: () => unknown): string | undefined {
  return reasonOf(catching(work));
}
