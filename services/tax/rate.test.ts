import { expect, test } from "vitest";
import { byPlace, ratesFor, regionKey } from "./rate.ts";
import { ratesOf } from "./testing/rates.ts";

/** Rates, a place, a category of goods, and the rates that count there as `name percent`. */
test.each<[string, string, string, string, string[]]>([
  ["for a country", "VAT DE 19", "DE", "", ["VAT 19"]],
  ["for a country, wherever in it", "VAT DE 19", "DE/Bayern", "", ["VAT 19"]],
  ["not for another country", "VAT DE 19", "AT", "", []],
  ["for a region", "Tax US/NY 4", "US/NY", "", ["Tax 4"]],
  [
    "for a region in other letters, with blanks",
    "Tax CA/québec 9.975",
    "CA/ QUE\u0301BEC ",
    "",
    ["Tax 9.975"],
  ],
  ["not for another region", "Tax US/NY 4", "US/NJ", "", []],
  ["not for a region of the same name elsewhere", "Tax US/NY 4", "DE/NY", "", []],
  ["not where no region is known", "Tax US/NY 4", "US", "", []],
  ["the region before the country", "Tax US 1, Tax US/NY 4", "US/NY", "", ["Tax 4"]],
  ["the region before the country, whatever came first", "Tax US/NY 4, Tax US 1", "US/NY", "", ["Tax 4"]],
  ["the country elsewhere", "Tax US 1, Tax US/NY 4", "US/NJ", "", ["Tax 1"]],
  ["a category", "VAT DE 7 books", "DE", "books", ["VAT 7"]],
  ["not another category", "VAT DE 7 books", "DE", "food", []],
  ["a category, but not what has none", "VAT DE 7 books", "DE", "", []],
  ["the category before all", "VAT DE 19, VAT DE 7 books", "DE", "books", ["VAT 7"]],
  ["the category before all, whatever came first", "VAT DE 7 books, VAT DE 19", "DE", "books", ["VAT 7"]],
  ["all for what has no category", "VAT DE 19, VAT DE 7 books", "DE", "", ["VAT 19"]],
  ["all for a category without a rate", "VAT DE 19, VAT DE 7 books", "DE", "toys", ["VAT 19"]],
  [
    "the region for all before the country for the category",
    "T US 1 food, T US/NY 4",
    "US/NY",
    "food",
    ["T 4"],
  ],
  [
    "the region for the category before all of these",
    "T US 1 food, T US/NY 4, T US 2, T US/NY 0 food",
    "US/NY",
    "food",
    ["T 0"],
  ],
  ["different names add up, by name", "State US/NY 4, City US/NY 4.5", "US/NY", "", ["City 4.5", "State 4"]],
  [
    "one name in the region, another in the country",
    "GST CA 5, PST CA/BC 7",
    "CA/BC",
    "",
    ["GST 5", "PST 7"],
  ],
  ["each name by itself", "A US 1, A US/NY 2, B US 3 food", "US/NY", "food", ["A 2", "B 3"]],
  ["names are as they are written", "VAT DE 19, vat DE 1", "DE", "", ["VAT 19", "vat 1"]],
  ["shipping", "VAT DE 19, VAT DE 5 shipping", "DE", "shipping", ["VAT 5"]],
  ["shipping without a rate of its own", "VAT DE 19, VAT DE 7 books", "DE", "shipping", ["VAT 19"]],
  ["nothing anywhere", "", "DE", "", []],
])("%s", (_, rates, place, taxCategory, want) => {
  const [countryCode = "", state = ""] = place.split("/");
  const at = byPlace(ratesOf(rates))({ countryCode, state });
  const counting = ratesFor(at, taxCategory);
  expect(counting.map(({ name, rateMillionths }) => `${name} ${rateMillionths / 10_000}`)).toEqual(want);
});

test.each([
  ["NY", "ny"],
  [" New York ", "new york"],
  ["E\u0301", "\u00e9"],
  ["  ", ""],
])("regionKey(%j) is %j", (region, want) => {
  expect(regionKey(region)).toBe(want);
});
