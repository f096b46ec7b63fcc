import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { failureInfo, refusedFields } from "../../lib/testing/failures.ts";
import { createReplica, openTestTaxes, type TestTaxes } from "./testing/shop.ts";

let shop: TestTaxes;
beforeAll(async () => {
  shop = await openTestTaxes();
  await shop.make("VAT DE 19 in, VAT DE 7 in books, VAT DE 5 in shipping, State US/NY 4, City US/NY 4.5");
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const eur = (amount: bigint) => ({ currencyCode: "EUR", amount });
const yen = { currencyCode: "JPY", amount: 1n };
const line = (sku: string, amount: bigint, taxCategory = "") => ({ sku, taxCategory, total: eur(amount) });

test("each line and the shipping have their taxes, which add up", async () => {
  const lines = [line("MUG", 11_900n), line("BOOK", 1_070n, "books"), line("MUG", 100n)];
  const calculation = await shop.calculate("DE/Bayern", { lines, shippingPrice: eur(420n) });
  expect(calculation).toMatchObject({
    lines: [
      { sku: "MUG", taxes: [{ name: "VAT", rateMillionths: 190_000, included: true, amount: eur(1_900n) }] },
      { sku: "BOOK", taxes: [{ name: "VAT", rateMillionths: 70_000, included: true, amount: eur(70n) }] },
      { sku: "MUG", taxes: [{ amount: eur(16n) }] },
    ],
    shippingTaxes: [{ name: "VAT", rateMillionths: 50_000, included: true, amount: eur(20n) }],
    includedTotal: eur(1_900n + 70n + 16n + 20n),
    addedTotal: eur(0n),
  });
});

test("taxes that are added, by name; shipping has them, too", async () => {
  const lines = [line("MUG", 1_000n)];
  expect(await shop.calculate("US/ny", { lines, shippingPrice: eur(200n) })).toMatchObject({
    lines: [
      {
        taxes: [
          { name: "City", rateMillionths: 45_000, included: false, amount: eur(45n) },
          { name: "State", rateMillionths: 40_000, included: false, amount: eur(40n) },
        ],
      },
    ],
    shippingTaxes: [{ amount: eur(9n) }, { amount: eur(8n) }],
    includedTotal: eur(0n),
    addedTotal: eur(102n),
  });
});

test("a place without a rate has no taxes", async () => {
  const calculation = await shop.calculate("US/NJ", { lines: [line("MUG", 1_000n)] });
  expect(calculation).toMatchObject({
    lines: [{ sku: "MUG", taxes: [] }],
    shippingTaxes: [],
    includedTotal: eur(0n),
    addedTotal: eur(0n),
  });
});

test("nothing with a price has no sums, since it has no currency", async () => {
  const calculation = await shop.calculate("DE", {});
  expect(calculation.lines).toEqual([]);
  expect([calculation.includedTotal, calculation.addedTotal]).toEqual([undefined, undefined]);
});

test.each<[string, Parameters<TestTaxes["calculate"]>[1], string]>([
  ["on lines", { lines: [line("A", 1n), { sku: "B", total: yen }] }, "lines[1].total"],
  ["on a line and on shipping", { lines: [line("A", 1n)], shippingPrice: yen }, "shipping_price"],
])("several currencies %s are refused", async (_, sale, field) => {
  expect(await failureInfo(shop.calculate("DE", sale))).toEqual({
    reason: "CURRENCY_MIXED",
    metadata: { field, currency_code: "JPY", expected: "EUR" },
  });
});

test.each<[string, Parameters<TestTaxes["calculate"]>[1], string]>([
  ["no total", { lines: [{ sku: "A" }] }, "lines[0].total"],
  ["a negative total", { lines: [line("A", 1n), line("B", -1n)] }, "lines[1].total.amount"],
  ["a negative shipping price", { shippingPrice: eur(-1n) }, "shipping_price.amount"],
  [
    "a currency that does not exist",
    { lines: [{ sku: "A", total: { currencyCode: "XXQ", amount: 1n } }] },
    "lines[0].total.currency_code",
  ],
  [
    "more than 15 digits in all",
    { lines: [line("A", 999_999_999_999_999n)], shippingPrice: eur(1n) },
    "shipping_price",
  ],
])("%s is refused", async (_, sale, field) => {
  expect(await refusedFields(shop.calculate("DE", sale))).toEqual(["INVALID_ARGUMENT", [field]]);
});

test("no address is refused", async () => {
  expect(await refusedFields(shop.client.calculateTax({}, as.service("order")))).toEqual([
    "INVALID_ARGUMENT",
    ["address"],
  ]);
});

test("a change is seen at once where it was made, and a second later elsewhere", async () => {
  const elsewhere = createReplica(shop.database.open("tax"), shop.clock);
  const request = {
    address: { name: "Ada", line1: "1 Main St", city: "Wien", countryCode: "AT" },
    lines: [line("A", 1_000n)],
  };
  const taxOf = async (client: TestTaxes["client"]) =>
    (await client.calculateTax(request, as.service("order"))).addedTotal?.amount;
  const seen = async () => [await taxOf(shop.client), await taxOf(elsewhere)];
  expect(await seen()).toEqual([0n, 0n]);
  const { id } = await shop.makeOne({ countryCode: "AT", rateMillionths: 200_000 });
  expect(await seen()).toEqual([200n, 0n]);
  shop.advance(1_000);
  expect(await seen()).toEqual([200n, 200n]);
  await shop.update(id, { rateMillionths: 100_000 }, ["rate_millionths"]);
  expect(await seen()).toEqual([100n, 200n]);
  await shop.client.deleteTaxRate({ taxRateId: id }, as.staff);
  expect(await seen()).toEqual([0n, 200n]);
  shop.advance(1_000);
  expect(await seen()).toEqual([0n, 0n]);
});
