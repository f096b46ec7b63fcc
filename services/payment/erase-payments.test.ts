import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { storedText } from "../../lib/testing/stored-text.ts";
import { openTestPayments, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());

test("blots out who paid the orders, and nobody else; again changes nothing", async () => {
  await shop.captured("pay_1");
  await shop.captured("pay_2");
  const other = { contact: { email: "grace@example.com" } };
  await shop.pay("pay_3", other);
  const before = await shop.get("pay_1");
  expect(await storedText(shop.db)).toContain("ada@example.com");
  const orderIds = ["ord_pay_1", "ord_pay_2", "ord_none"];
  await shop.client.erasePayments({ orderIds }, as.service("customer"));
  const after = await storedText(shop.db);
  expect(after).not.toContain("ada@example.com");
  expect(after).toContain("grace@example.com");
  expect(await shop.get("pay_1")).toEqual(before);
  shop.statements.length = 0;
  await shop.client.erasePayments({ orderIds }, as.service("customer"));
  expect(shop.statements).toHaveLength(2);
  expect(await storedText(shop.db)).toBe(after);
});
