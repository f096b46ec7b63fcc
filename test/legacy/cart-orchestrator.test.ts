import { afterAll, beforeAll, expect, test } from "vitest";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
});

test("a cart that nobody made is not there", async () => {
  const answer = await shop.rest("GET", "/api/get_cart/nobody");
  expect([answer.status, answer.body.error.status]).toEqual([404, "NOT_FOUND"]);
});
