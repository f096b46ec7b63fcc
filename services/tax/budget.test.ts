import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestTaxes, type TestTaxes } from "./testing/shop.ts";

let shop: TestTaxes;
let id: string;
let other: string;
const sale = { lines: [{ sku: "A", total: { currencyCode: "EUR", amount: 100n } }] };
beforeAll(async () => {
  shop = await openTestTaxes();
  [{ id }, { id: other }] = [await shop.makeOne({}), await shop.makeOne({ name: "Other" })];
  await shop.calculate("DE", sale);
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** Statements sent, `begin` and `commit` included. */
test.each<[string, number, () => Promise<unknown>]>([
  ["CalculateTax", 0, () => shop.calculate("DE", sale)],
  [
    "CalculateTax, 20 at once a second later",
    1,
    () => {
      shop.advance(1_000);
      return Promise.all(Array.from({ length: 20 }, () => shop.calculate("DE", sale)));
    },
  ],
  ["GetTaxRate", 1, () => shop.client.getTaxRate({ taxRateId: id }, as.staff)],
  ["ListTaxRates", 1, () => shop.client.listTaxRates({}, as.staff)],
  ["CreateTaxRate", 3, () => shop.makeOne({ name: "New" })],
  ["UpdateTaxRate", 4, () => shop.update(id, { rateMillionths: 1 }, ["rate_millionths"])],
  ["UpdateTaxRate with a request_id", 6, () => shop.update(id, { included: true }, ["included"], "r")],
  ["DeleteTaxRate", 3, () => shop.client.deleteTaxRate({ taxRateId: other }, as.staff)],
])("%s sends %i", async (_name, budget, call) => {
  shop.statements.length = 0;
  await call();
  expect(shop.statements).toHaveLength(budget);
});
