import { amount, buyGet, eachUnit, freeShipping, type OfferInit, percent, price } from "./offers.ts";

/** A cart, what is on offer, what the cart gets of it, and why; the notation is that of `cartOf` and `told`. */
export type Case = [name: string, cart: string, offers: OfferInit[], gets: string[], why: string];

const eur = (cents: bigint) => ({ currencyCode: "EUR", amount: cents });

/** What one promotion does. */
export const actionCases: Case[] = [
  // Percentage: rounded half up, by line.
  ["20 %", "A 1x1000", [percent(20)], ["p1: A 200"], "1000 × 0.2"],
  ["of the line, not the unit", "A 3x333", [percent(10)], ["p1: A 100"], "99.9; by unit it were 3 × 33"],
  ["half a unit", "A 1x5", [percent(50)], ["p1: A 3"], "2.5 rounds up"],
  ["less than half", "A 1x333", [percent(10)], ["p1: A 33"], "33.3 rounds down"],
  ["two lines", "A 1x5, B 1x5", [percent(50)], ["p1: A 3, B 3"], "each rounds for itself"],
  ["a share under half a cent", "A 1x4999", [percent(0.01)], ["p1: NOTHING_TARGETED"], "0.4999 is nothing"],
  ["a share of half a cent", "A 1x5000", [percent(0.01)], ["p1: A 1"], "0.5 is one"],
  ["all of it", "A 2x799", [percent(100)], ["p1: A 1598"], "never more than the line"],
  ["a currency without cents", "JPY: A 1x505", [percent(10)], ["p1: A 51"], "50.5 yen"],
  ["a currency with mills", "KWD: A 1x1234", [percent(12.5)], ["p1: A 154"], "154.25 fils"],
  ["cap out of reach", "A 1x1000", [percent(20, 500)], ["p1: A 200"], "200 < 500"],
  ["cap just met", "A 1x2500", [percent(20, 500)], ["p1: A 500"], "500 = 500"],
  ["cap", "A 1x5000", [percent(20, 500)], ["p1: A 500"], "1000 > 500"],
  ["cap on two lines", "A 1x3000, B 1x1000", [percent(50, 1000)], ["p1: A 750, B 250"], "1000 split 3 : 1"],
  [
    "cap on equal lines",
    "A 1x1000, B 1x1000, C 1x1000",
    [percent(50, 100)],
    ["p1: A 34, B 33, C 33"],
    "33⅓ each; the cent left over goes to the earlier line",
  ],
  ["cap, rest to the largest", "A 1x100, B 1x200", [percent(50, 100)], ["p1: A 33, B 67"], "33⅓ and 66⅔"],

  // An amount off all lines together: split in proportion, largest remainders first.
  ["5.00 off", "A 1x2000", [amount(500)], ["p1: A 500"], "all on the one line"],
  ["more than there is", "A 1x300", [amount(500)], ["p1: A 300"], "never below 0"],
  ["in proportion", "A 1x1000, B 1x3000", [amount(400)], ["p1: A 100, B 300"], "1 : 3"],
  ["by lines' totals", "A 3x1000, B 1x1000", [amount(400)], ["p1: A 300, B 100"], "quantity counts"],
  ["one left over", "A 1x9, B 1x9, C 1x9", [amount(10)], ["p1: A 4, B 3, C 3"], "3⅓ each, the earlier first"],
  ["two left over", "A 1x9, B 1x9, C 1x9", [amount(20)], ["p1: A 7, B 7, C 6"], "6⅔ each"],
  [
    "largest remainders",
    "A 1x100, B 1x150, C 1x250",
    [amount(99)],
    ["p1: A 20, B 30, C 49"],
    "19.8, 29.7 and 49.5: the two left over to .8 and .7",
  ],
  ["a later line may round up", "A 1x250, B 1x150", [amount(2)], ["p1: A 1, B 1"], "1.25 and 0.75"],
  ["one cent", "A 1x50, B 1x50", [amount(1)], ["p1: A 1"], "a tie: the earlier line"],
  ["a line for nothing", "A 1x0, B 1x1000", [amount(100)], ["p1: B 100"], "0 has no share"],
  ["everything for nothing", "A 1x0", [amount(100)], ["p1: NOTHING_TARGETED"], "nothing to take off"],
  ["more than three lines have", "A 1x1, B 1x1, C 1x1", [amount(5)], ["p1: A 1, B 1, C 1"], "3 of 5"],
  ["a line of no units", "A 0x1000, B 1x1000", [amount(100)], ["p1: B 100"], "quantity 0 is no line"],
  ["each unit", "A 3x1000", [eachUnit(100)], ["p1: A 300"], "3 × 1.00"],
  ["each unit, dearer than it", "A 2x50", [eachUnit(100)], ["p1: A 100"], "no unit below 0"],
  ["each unit of two lines", "A 2x1000, B 1x30", [eachUnit(50)], ["p1: A 100, B 30"], "B has only 30"],
  [
    "the cart's currency",
    "EUR: A 1x1000",
    [{ action: { case: "amountOff", value: { amounts: [...usdAnd(700n), eur(300n)] } } }],
    ["p1: A 300"],
    "the amount in EUR",
  ],

  // A new price: what the multiplier takes off is rounded by unit, capped, and the flat amount added.
  ["× 0.8", "A 1x1000", [price(0.8)], ["p1: A 200"], "flat20 of pycom"],
  ["by unit", "A 3x333", [price(0.9)], ["p1: A 99"], "3 × 33.3 rounds to 3 × 33"],
  ["half a unit stays off", "A 1x5", [price(0.5)], ["p1: A 3"], "2.5 off rounds up"],
  ["upto", "A 1x1000", [price(0.8, { upto: 150 })], ["p1: A 150"], "200 off, at most 150"],
  ["upto counts by unit", "A 2x1000", [price(0.8, { upto: 150 })], ["p1: A 300"], "2 × 150"],
  ["upto out of reach", "A 1x500", [price(0.8, { upto: 150 })], ["p1: A 100"], "100 < 150"],
  ["flat amount", "A 1x1000", [price(1, { flat: 250 })], ["p1: A 250"], "the multiplier takes nothing"],
  ["upto, then flat", "A 1x1000", [price(0.8, { upto: 150, flat: 50 })], ["p1: A 200"], "150 + 50"],
  ["flat amount by unit", "A 2x1000", [price(0.8, { flat: 50 })], ["p1: A 500"], "2 × (200 + 50)"],
  ["never below 0", "A 1x100", [price(0.5, { flat: 80 })], ["p1: A 100"], "50 + 80 > 100"],
  ["× 0", "A 2x799", [price(0)], ["p1: A 1598"], "given away"],
  ["next to nothing", "A 9x1000", [price(0.999999)], ["p1: NOTHING_TARGETED"], "0.001 a unit is 0"],

  // Buy x, get y: the cheapest of all targeted units.
  ["three for two", "A 3x1000", [buyGet(2, 1)], ["p1: A 1000"], "the third is free"],
  ["too few", "A 2x1000", [buyGet(2, 1)], ["p1: MINIMUM_NOT_REACHED"], "no third"],
  ["the cheapest", "A 2x1000, B 1x400", [buyGet(2, 1)], ["p1: B 400"], "not an A"],
  ["two sets", "A 6x500", [buyGet(2, 1)], ["p1: A 1000"], "two of six"],
  ["a set and two", "A 5x500", [buyGet(2, 1)], ["p1: A 500"], "the second set has no third"],
  ["sets across lines", "A 3x300, B 3x200", [buyGet(2, 1)], ["p1: B 400"], "two free of six, both B"],
  ["cheapest of two lines", "A 1x100, B 5x200", [buyGet(2, 1)], ["p1: A 100, B 200"], "A, then one B"],
  ["equally cheap", "A 1x500, B 1x500", [buyGet(1, 1)], ["p1: A 500"], "of the earlier line"],
  ["second at half price", "A 2x999", [buyGet(1, 1, { off: 50 })], ["p1: A 500"], "499.5 rounds up"],
  ["rounded by line", "A 4x5", [buyGet(1, 1, { off: 50 })], ["p1: A 5"], "2 × 2.5; by unit it were 6"],
  ["once an order", "A 9x100", [buyGet(2, 1, { times: 1 })], ["p1: A 100"], "of three sets one"],
  ["a set begun", "A 3x100", [buyGet(2, 2)], ["p1: A 100"], "the third is the first of the two"],
  ["a set begun, twice allowed", "A 7x100", [buyGet(2, 2)], ["p1: A 300"], "2 of the first 4, 1 of 3"],

  // Shipping.
  ["shipping for nothing", "A 1x1000, ship 490", [freeShipping()], ["p1: shipping 490"], "all of it"],
  ["as far as it goes", "A 1x1000, ship 1290", [freeShipping(500)], ["p1: shipping 500"], "7.90 stay"],
  ["cheaper than it goes", "A 1x1000, ship 490", [freeShipping(500)], ["p1: shipping 490"], "not below 0"],
  ["no method chosen", "A 1x1000", [freeShipping()], ["p1: later"], "applies once there is a price"],
  ["free anyway", "A 1x1000, ship 0", [freeShipping()], ["p1: NOTHING_TARGETED"], "nothing to take off"],
];

function usdAnd(cents: bigint) {
  return [{ currencyCode: "USD", amount: cents }];
}
