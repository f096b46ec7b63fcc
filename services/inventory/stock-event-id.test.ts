import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { StockEventIds } from "./stock-event-id.ts";

const largest = 2n ** 63n - 1n;

test.each([
  { what: "one", units: [5n] },
  { what: "none left", units: [0n, 0n] },
  { what: "the largest numbers", units: [largest, 0n, 1n] },
])("what was told can be read from the id: $what", ({ units }) => {
  const told = new Map(units.map((count, i) => [`SKU-${i}`, count]));
  const ids = new StockEventIds([...told.keys()]);
  expect(ids.parse(ids.format(told))).toEqual(told);
});

test("the order of the SKUs does not matter", () => {
  const told = new Map([
    ["B", 2n],
    ["A", 1n],
    ["C", 3n],
  ]);
  const id = new StockEventIds(["B", "A", "C"]).format(told);
  expect(new StockEventIds(["C", "B", "A"]).parse(id)).toEqual(told);
});

test("an id of other SKUs tells nothing of these", () => {
  const id = new StockEventIds(["A", "B"]).format(new Map([["A", 1n]]));
  expect(new StockEventIds(["A", "C"]).parse(id)).toEqual(new Map());
  expect(new StockEventIds(["A"]).parse(id)).toEqual(new Map());
});

test("no id, nothing told", () => {
  expect(new StockEventIds(["A"]).parse("")).toEqual(new Map());
});

test("100 SKUs of the largest numbers fit what the contract allows", () => {
  const skus = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(64, "x"));
  const ids = new StockEventIds(skus);
  const id = ids.format(new Map(skus.map((sku) => [sku, largest])));
  expect(id.length).toBeLessThanOrEqual(1_716);
  expect(ids.parse(id).size).toBe(100);
});

const good = new StockEventIds(["A"]).format(new Map([["A", 10n]]));

test.each([
  ["x", "no id at all"],
  [".", "empty parts"],
  [good.slice(0, 16), "no units"],
  [`${good}.`, "an empty part at the end"],
  [`${good}g`, "a digit that is none"],
  [good.toUpperCase(), "capitals"],
  [`${good.slice(0, 16)}.${"1".repeat(17)}`, "more units than there are numbers"],
  [`${good} `, "a space"],
  [`${good}\n`, "a line break"],
  [`0x${good}`, "a prefix"],
])("%j is refused: %s", (id) => {
  const parse = () => new StockEventIds(["A"]).parse(id);
  expect(parse).toThrow(expect.objectContaining({ code: Code.InvalidArgument }));
});
