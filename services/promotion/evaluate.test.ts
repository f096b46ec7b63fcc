import { expect, test } from "vitest";
import { evaluateCart } from "./evaluate.ts";
import { actionCases, type Case } from "./testing/action-cases.ts";
import { combinationCases } from "./testing/combination-cases.ts";
import { cartOf, noon, offersOf, told } from "./testing/offers.ts";

const cases: Case[] = [...actionCases, ...combinationCases];

test("names tell the cases apart", () => {
  expect(new Set(cases.map(([name]) => name)).size).toBe(cases.length);
});

test.each(cases)("%s: %s", (_name, cart, offers, gets, why) => {
  const outcome = evaluateCart({ cart: cartOf(cart), offers: offersOf(offers), now: noon });
  expect({ gets: told(outcome), why }).toEqual({ gets, why });
});
