import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newFlatRate } from "../support/shipping-calls.ts";
import { openShop, type TestShop } from "../support/shop.ts";
import {
  bring,
  chargesOf,
  expectLabels,
  expectSold,
  giveBack,
  order,
  type Purchase,
  payAfterRefusal,
  sendBack,
  shipByHand,
  split,
  toldOf,
  toldOnce,
  waysToPay,
} from "./whole-shop.ts";

interface Journey {
  pays: keyof typeof waysToPay;
  parcels?: 1 | 2;
  ships?: "by carrier" | "at a flat rate";
  /** Goods come back, and some of the money goes back. */
  returns?: boolean;
}

/** Each variation alone, then some together. */
const journeys: Journey[] = [
  { pays: "a card" },
  { pays: "3-D Secure, told by webhook" },
  { pays: "3-D Secure, confirmed by the buyer" },
  { pays: "3-D Secure, refused at first" },
  { pays: "a transfer, told by two statements" },
  { pays: "a card", ships: "at a flat rate" },
  { pays: "a card", parcels: 2 },
  { pays: "a card", returns: true },
  { pays: "3-D Secure, refused at first", parcels: 2, returns: true },
  { pays: "a transfer, told by two statements", parcels: 2, returns: true },
  { pays: "3-D Secure, told by webhook", parcels: 2, ships: "at a flat rate" },
  { pays: "a transfer, told by two statements", parcels: 2, ships: "at a flat rate" },
];

let withCarrier: TestShop;
let withoutCarrier: TestShop;
beforeAll(async () => {
  const banks = { ROWLOCK_ACCOUNT_PREFIXES: "BCA_VA=8808" };
  withCarrier = await openShop(banks);
  withoutCarrier = await openShop({ ...banks, SHIPPO_API_KEY: "none" });
  await newFlatRate(withoutCarrier);
});
afterAll(async () => {
  await withCarrier?.[Symbol.asyncDispose]();
  await withoutCarrier?.[Symbol.asyncDispose]();
});

const told: Purchase[] = [];

describe("a buyer", () => {
  test.for(journeys)(
    "%j",
    {
      timeout: 120_000,
    },
    async ({ pays, parcels = 1, ships = "by carrier", returns = false }) => {
      const shop = ships === "by carrier" ? withCarrier : withoutCarrier;
      const purchase = await order(shop);
      told.push(purchase);
      const { total } = purchase;
      if (parcels === 2) await split(purchase);
      await waysToPay[pays](purchase);
      await expectSold(purchase);
      if (ships === "by carrier") {
        await expectLabels(purchase);
        await bring(purchase);
      } else await shipByHand(purchase);
      if (returns) {
        await sendBack(purchase);
        await giveBack(purchase);
      }
      const byCard = !pays.includes("transfer");
      expect(await chargesOf(purchase)).toEqual(byCard ? [[total, returns ? 3200 : 0]] : []);
      expect(await toldOf(purchase)).toEqual(toldOnce(purchase));
    },
  );
});

test("all of it on one order: a card that is refused, a transfer, a flat rate beside a label, back again", {
  timeout: 120_000,
}, async () => {
  const shop = withCarrier;
  const { staff } = shop;
  const flatRateId = await newFlatRate(shop);
  const purchase = await order(shop);
  told.push(purchase);
  await split(purchase);
  await shop.rest("DELETE", `/v1/flatRates/${flatRateId}`, { staff });
  const { shipments } = (await shop.rest("GET", `/v1/shipments?orderId=${purchase.orderId}`, { staff })).body;
  for (const { id, items, rates, state } of shipments) {
    if (state === "STATE_SPLIT") continue;
    const isFlat = items[0].sku === purchase.cup;
    const rateId = rates.find(({ carrier }: { carrier: string }) => (carrier === "") === isFlat).id;
    const chosen = await shop.rest("POST", `/v1/shipments/${id}:selectRate`, { staff, body: { rateId } });
    expect(chosen.status).toBe(200);
  }
  await payAfterRefusal(purchase);
  await expectSold(purchase);
  await shipByHand(purchase);
  await bring(purchase);
  await sendBack(purchase);
  await giveBack(purchase);
  expect(await chargesOf(purchase)).toEqual([]);
  expect(purchase.news.toSorted()).toEqual(
    ["instructions", "fulfilled", "shipped", "delivered", "refunded", "refunded"].toSorted(),
  );
});

test("nobody was told anything twice, or of anything else", async () => {
  for (const purchase of told) expect(await toldOf(purchase)).toEqual(toldOnce(purchase));
});
