import { afterAll, beforeAll, test } from "vitest";
import { openShop, type TestShop } from "../support/shop.ts";
import { buyByCard, buyByTransfer } from "./main-job.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

test("a buyer finds, orders, pays by card and gets the parcel", () => buyByCard(shop, "CARD"));

test("a transfer is confirmed, another rejected", () => buyByTransfer(shop, "BANK"));
