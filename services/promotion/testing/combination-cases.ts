import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Case } from "./action-cases.ts";
import { amount, buyGet, eachUnit, freeShipping, noon, percent, price } from "./offers.ts";

const usd = (cents: bigint) => [{ currencyCode: "USD", amount: cents }];
const at = (ms: number) => timestampFromDate(new Date(noon.getTime() + ms));
const first = { priority: 1 };
const alone = { exclusive: true };

/** Who gets a promotion, and what several of them do together. */
export const combinationCases: Case[] = [
  // Targets.
  ["a SKU", "A 1x1000, B 1x1000", [{ ...percent(10), target: { skus: ["B"] } }], ["p1: B 100"], "B alone"],
  [
    "a product",
    "A 1x1000, B 1x1000",
    [{ ...percent(10), target: { productIds: ["prod_A"] } }],
    ["p1: A 100"],
    "A is of prod_A",
  ],
  [
    "a category",
    "A/wood 1x1000, B/plastic 1x1000",
    [{ ...percent(20), target: { categoryIds: ["plastic"] } }],
    ["p1: B 200"],
    "Flat 20% off on plastic goods",
  ],
  [
    "any list",
    "A/wood 1x1000, B 1x1000, C 1x1000",
    [{ ...percent(10), target: { skus: ["B"], categoryIds: ["wood"] } }],
    ["p1: A 100, B 100"],
    "named by one list is enough",
  ],
  [
    "nothing of it in the cart",
    "A 1x1000",
    [{ ...percent(10), target: { skus: ["B"] }, code: "C" }],
    ["C: NOTHING_TARGETED"],
    "no B",
  ],
  [
    "an amount off some lines",
    "A 1x1000, B 1x100",
    [{ ...amount(300), target: { skus: ["B"] } }],
    ["p1: B 100"],
    "what B has not stays on A",
  ],
  [
    "three for two of some",
    "A 2x1000, B 1x400",
    [{ ...buyGet(2, 1), target: { skus: ["A"] } }],
    ["p1: MINIMUM_NOT_REACHED"],
    "B does not count",
  ],
  [
    "free shipping for some",
    "A 1x1000, ship 490",
    [{ ...freeShipping(), target: { skus: ["B"] } }],
    ["p1: NOTHING_TARGETED"],
    "there is no B to ship",
  ],

  // Minimums.
  ["minimum met", "A 1x5000", [{ ...percent(10), minimum: usd(5000n) }], ["p1: A 500"], "5000 ≥ 5000"],
  [
    "minimum missed by a cent",
    "A 1x4999",
    [{ ...percent(10), minimum: usd(5000n), code: "C" }],
    ["C: MINIMUM_NOT_REACHED"],
    "4999 < 5000",
  ],
  [
    "minimum of what is targeted",
    "A 1x9000, B 1x100",
    [{ ...percent(10), minimum: usd(5000n), target: { skus: ["B"] } }],
    ["p1: MINIMUM_NOT_REACHED"],
    "A does not count",
  ],
  [
    "minimum before discounts",
    "A 1x5000",
    [percent(50), { ...percent(10), minimum: usd(5000n) }],
    ["p1: A 2500", "p2: A 250"],
    "2500 are left, but 5000 count",
  ],
  [
    "units met",
    "A 2x10, B 1x10",
    [{ ...amount(5), minimumQuantity: 3n }],
    ["p1: A 3, B 2"],
    "2 + 1 units; 3⅓, 1⅔",
  ],
  ["units missed", "A 2x10", [{ ...amount(5), minimumQuantity: 3n }], ["p1: MINIMUM_NOT_REACHED"], "2 < 3"],
  [
    "shipping free from 50.00",
    "A 1x4999, ship 490",
    [{ ...freeShipping(), minimum: usd(5000n) }],
    ["p1: MINIMUM_NOT_REACHED"],
    "shipping itself does not count",
  ],

  // Currencies.
  [
    "minimum in another currency",
    "EUR: A 1x9000",
    [{ ...percent(10), minimum: usd(5000n), code: "C" }],
    ["C: CURRENCY_NOT_COVERED"],
    "nobody said what it is in EUR",
  ],
  ["amount in another currency", "EUR: A 1x9000", [amount(100)], ["p1: CURRENCY_NOT_COVERED"], "as above"],
  ["cap in another currency", "EUR: A 1x9000", [percent(10, 99)], ["p1: CURRENCY_NOT_COVERED"], "as above"],
  [
    "flat amount in another currency",
    "EUR: A 1x9000",
    [price(0.5, { flat: 1 })],
    ["p1: CURRENCY_NOT_COVERED"],
    "half a rule is none",
  ],
  ["a share needs no currency", "EUR: A 1x9000", [percent(10)], ["p1: A 900"], "no list, no currency"],

  // One after the other.
  ["in turn", "A 1x1000", [percent(10), percent(20)], ["p1: A 100", "p2: A 180"], "20 % of 900"],
  ["the older first", "A 1x1000", [amount(100), percent(10)], ["p1: A 100", "p2: A 90"], "10 % of 900"],
  [
    "the higher priority first",
    "A 1x1000",
    [amount(100), { ...percent(10), ...first }],
    ["p2: A 100", "p1: A 100"],
    "10 % of 1000, then 1.00",
  ],
  [
    "split by what is left",
    "A 1x1000, B 1x1000",
    [{ ...percent(50), target: { skus: ["A"] } }, amount(300)],
    ["p1: A 500", "p2: A 100, B 200"],
    "500 : 1000",
  ],
  [
    "units of an odd rest",
    "A 2x1000",
    [amount(1), price(0.5)],
    ["p1: A 1", "p2: A 1000"],
    "units at 1000 and 999: 500 and 499.5",
  ],
  ["each unit of a rest", "A 2x1000", [percent(99), eachUnit(15)], ["p1: A 1980", "p2: A 20"], "20 are left"],
  [
    "the cheapest of a rest",
    "A 1x1000, B 1x900",
    [{ ...amount(200), target: { skus: ["A"] } }, buyGet(1, 1)],
    ["p1: A 200", "p2: A 800"],
    "A is the cheaper one now",
  ],
  [
    "goods and shipping",
    "A 1x1000, ship 490",
    [percent(10), freeShipping()],
    ["p1: A 100", "p2: shipping 490"],
    "they do not meet",
  ],
  [
    "shipping, twice",
    "A 1x1000, ship 800",
    [freeShipping(500), freeShipping(500)],
    ["p1: shipping 500", "p2: shipping 300"],
    "the second sees 300",
  ],
  [
    "nothing left for the next",
    "A 1x1000",
    [percent(100), { ...percent(10), code: "C" }],
    ["p1: A 1000", "C: NOT_COMBINABLE"],
    "it would give 100 alone",
  ],

  // Exclusive ones.
  [
    "exclusive and better",
    "A 1x1000",
    [percent(10), { ...percent(10), code: "C" }, { ...percent(30), ...alone }],
    ["p3: A 300", "p1: NOT_COMBINABLE", "C: NOT_COMBINABLE"],
    "300 > 100 + 90",
  ],
  [
    "exclusive and worse",
    "A 1x1000",
    [percent(10), percent(10), { ...percent(15), ...alone, code: "C" }],
    ["p1: A 100", "p2: A 90", "C: NOT_COMBINABLE"],
    "150 < 190",
  ],
  [
    "exclusive and as good",
    "A 1x1000",
    [{ ...percent(10), ...alone }, percent(10)],
    ["p2: A 100", "p1: NOT_COMBINABLE"],
    "a tie goes to the others",
  ],
  [
    "two exclusive ones",
    "A 1x1000",
    [
      { ...percent(20), ...alone },
      { ...amount(250), ...alone },
    ],
    ["p2: A 250", "p1: NOT_COMBINABLE"],
    "250 > 200",
  ],
  [
    "two exclusive ones, as good",
    "A 1x1000",
    [
      { ...percent(20), ...alone },
      { ...amount(200), ...alone, ...first },
    ],
    ["p2: A 200", "p1: NOT_COMBINABLE"],
    "a tie goes to the one that comes first",
  ],
  [
    "shipping counts in the choice",
    "A 1x1000, ship 490",
    [percent(10), { ...freeShipping(), ...alone }],
    ["p2: shipping 490", "p1: NOT_COMBINABLE"],
    "490 > 100",
  ],
  [
    "shipping without a price counts nothing",
    "A 1x1000",
    [percent(10), { ...freeShipping(), ...alone, code: "C" }],
    ["p1: A 100", "C: NOT_COMBINABLE"],
    "100 > 0",
  ],
  [
    "shipping alone on offer",
    "A 1x1000",
    [{ ...freeShipping(), ...alone, code: "C" }],
    ["p1: later"],
    "nothing else to choose",
  ],
  [
    "exclusive but not for this cart",
    "A 1x1000",
    [percent(10), { ...percent(90), ...alone, minimum: usd(2000n), code: "C" }],
    ["p1: A 100", "C: MINIMUM_NOT_REACHED"],
    "what does not apply does not compete",
  ],

  // Codes.
  [
    "two codes of one promotion",
    "A 1x1000",
    [
      { ...percent(10), code: "C" },
      { ...percent(10), code: "D", sameAs: 1 },
    ],
    ["p1: A 100", "D: NOT_COMBINABLE"],
    "a promotion applies once",
  ],
  [
    "the first code used up",
    "A 1x1000",
    [
      { ...percent(10), code: "C", coupon: { limit: 1n, redeemed: 1n } },
      { ...percent(10), code: "D", sameAs: 1 },
    ],
    ["p1: A 100", "C: LIMIT_REACHED"],
    "the second counts",
  ],
  [
    "the code of an automatic one",
    "A 1x1000",
    [percent(10), { ...percent(10), code: "C", sameAs: 1 }],
    ["p1: A 100", "C: NOT_COMBINABLE"],
    "it applies already",
  ],
  [
    "a disabled coupon",
    "A 1x1000",
    [{ ...percent(10), code: "C", coupon: { disableTime: at(-1) } }],
    ["C: DISABLED"],
    "ended by staff",
  ],
  ["paused", "A 1x1000", [{ ...percent(10), paused: true, code: "C" }], ["C: PAUSED"], "switched off"],
  [
    "a moment early",
    "A 1x1000",
    [{ ...percent(10), startTime: at(1), code: "C" }],
    ["C: NOT_STARTED"],
    "1 ms",
  ],
  ["just started", "A 1x1000", [{ ...percent(10), startTime: at(0) }], ["p1: A 100"], "inclusive"],
  ["the last moment", "A 1x1000", [{ ...percent(10), endTime: at(1) }], ["p1: A 100"], "1 ms is left"],
  ["just ended", "A 1x1000", [{ ...percent(10), endTime: at(0), code: "C" }], ["C: ENDED"], "exclusive"],
  [
    "used up",
    "A 1x1000",
    [{ ...percent(10), limit: 5n, redeemed: 5n, code: "C" }],
    ["C: LIMIT_REACHED"],
    "5 of 5",
  ],
  ["one is left", "A 1x1000", [{ ...percent(10), limit: 5n, redeemed: 4n }], ["p1: A 100"], "4 of 5"],
  [
    "used by the customer",
    "A 1x1000",
    [{ ...percent(10), customerLimit: 1n, used: 1, code: "C" }],
    ["C: CUSTOMER_LIMIT_REACHED"],
    "1 of 1",
  ],
  [
    "used by others",
    "A 1x1000",
    [{ ...percent(10), customerLimit: 1n, redeemed: 7n }],
    ["p1: A 100"],
    "the customer has not",
  ],
];
