import { expect, test } from "vitest";
import { type FlatRate, type FlatRateContent, flatOffers, type Tier } from "./flat-rate.ts";

const tier = (amount: bigint, fields: Partial<Tier> = {}): Tier => ({
  ...{ currencyCode: "IDR", amount, goodsFrom: 0n, maxWeightG: 0 },
  ...fields,
});
const rate = (id: string, fields: Partial<FlatRateContent> = {}): FlatRate => ({
  ...{ id, title: id, destinations: [], everywhereElse: false, tiers: [tier(100n)], estimatedDays: 3 },
  ...{ revision: 1n, createTime: new Date(0), updateTime: new Date(0) },
  ...fields,
});
const to = (countryCode: string, regions: string[] = [], excludedRegions: string[] = []) => [
  { countryCode, regions, excludedRegions },
];
const shipment = { countryCode: "ID", region: "Bali", weightG: 800, currencyCode: "IDR", goodsTotal: 5_000n };
const offered = (rates: FlatRate[], fields: Partial<typeof shipment> = {}) =>
  flatOffers(rates, { ...shipment, ...fields }).map(({ flatRateId, amount }) => [flatRateId, amount]);

test.each<[string, Partial<FlatRateContent>, Partial<typeof shipment>, boolean]>([
  ["everywhere", {}, {}, true],
  ["a country", { destinations: to("ID") }, {}, true],
  ["another country", { destinations: to("US") }, {}, false],
  ["a region, in whatever case", { destinations: to("ID", ["bALI"]) }, { region: " Bali " }, true],
  ["another region", { destinations: to("ID", ["Java"]) }, {}, false],
  ["a region that is left out", { destinations: to("ID", [], ["BALI"]) }, {}, false],
  ["one of several", { destinations: [...to("US"), ...to("ID")] }, {}, true],
  ["another currency", {}, { currencyCode: "USD" }, false],
  ["everywhere else, alone", { everywhereElse: true }, {}, true],
])("a rate serves %s", (_what, content, fields, serves) => {
  expect(offered([rate("flat_1", content)], fields)).toEqual(serves ? [["flat_1", 100n]] : []);
});

test("everywhere else is where no other rate has a destination", () => {
  const rates = [
    rate("home", { destinations: to("ID") }),
    rate("else", { everywhereElse: true }),
    rate("all", {}),
  ];
  expect(offered(rates).map(([id]) => id)).toEqual(["home", "all"]);
  expect(offered(rates, { countryCode: "SG" }).map(([id]) => id)).toEqual(["else", "all"]);
});

const tiers = [
  tier(900n),
  tier(300n, { maxWeightG: 1_000 }),
  tier(500n, { maxWeightG: 5_000 }),
  tier(0n, { goodsFrom: 10_000n, maxWeightG: 5_000 }),
  tier(7n, { currencyCode: "USD" }),
];
test.each([
  ["the lightest that fits", 800, 5_000n, 300n],
  ["its limit is within", 1_000, 5_000n, 300n],
  ["one gram more", 1_001, 5_000n, 500n],
  ["whatever it weighs", 5_001, 5_000n, 900n],
  ["one short of free", 800, 9_999n, 300n],
  ["free from there on", 800, 10_000n, 0n],
  ["too heavy to be free", 5_001, 10_000n, 900n],
])("of the tiers counts: %s", (_what, weightG, goodsTotal, amount) => {
  for (const order of [tiers, tiers.toReversed()]) {
    expect(offered([rate("flat_1", { tiers: order })], { weightG, goodsTotal })).toEqual([
      ["flat_1", amount],
    ]);
  }
});

test("without a tier that fits nothing is offered", () => {
  const heavy = rate("flat_1", { tiers: [tier(1n, { maxWeightG: 10 }), tier(1n, { goodsFrom: 9_000n })] });
  expect(offered([heavy])).toEqual([]);
});
