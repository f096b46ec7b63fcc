import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { categoryOf } from "./category.ts";
import { checkRows } from "./check-rows.ts";
import { readCsv } from "./read-csv.ts";
import { readJson } from "./read-json.ts";

test("makes the request of a row", () => {
  const read = readCsv(
    "sku,title,price,currency,category,stock,brand,tags,weight_g,origin_country,tariff_number\n" +
      "A,Mug,12.5,KWD,Home & Garden,3,Acme,a|b|a,20,PT,691200",
  );
  const { items, problems } = checkRows(read);
  expect(problems).toEqual([]);
  expect(items).toMatchObject([
    {
      line: 2,
      sku: "A",
      stock: 3n,
      category: { id: "home-garden", title: "Home & Garden" },
      request: {
        product: {
          title: "Mug",
          categoryIds: ["home-garden"],
          tags: ["a", "b"],
          attributes: { brand: "Acme" },
          variants: [
            {
              sku: "A",
              prices: [{ currencyCode: "KWD", amount: 12500n }],
              package: { weightG: 20, lengthMm: 0 },
              originCountryCode: "PT",
              tariffNumber: "691200",
            },
          ],
        },
      },
    },
  ]);
});

test.each<[string, Record<string, string>, string]>([
  ["a SKU with a blank", { sku: "A B" }, "sku"],
  ["a title that is too long", { title: "x".repeat(201) }, "title"],
  ["a description that is too long", { description: "x".repeat(10_001) }, "description"],
  ["a price that is no number", { price: "abc" }, "price"],
  ["a price below zero", { price: "-1" }, "price"],
  ["a price above what the shop takes", { price: "1000000000" }, "price"],
  ["more decimals than the currency has", { price: "1.005" }, "price"],
  ["an exponent", { price: "1e3" }, "price"],
  ["a currency that does not exist", { currency: "XXQ" }, "currency"],
  ["a currency in small letters", { currency: "usd" }, "currency"],
  ["less than nothing in stock", { stock: "-1" }, "stock"],
  ["more in stock than can be", { stock: "1000000001" }, "stock"],
  ["a tag that is too long", { tags: "x".repeat(65) }, "tags"],
  ["a brand that is too long", { brand: "x".repeat(501) }, "brand"],
  ["a weight below zero", { weight_g: "-1" }, "weight_g"],
  ["a length that is too long", { length_mm: "100001" }, "length_mm"],
  ["no address of a picture", { image_url: "picture.jpg" }, "image_url"],
  ["a script for a picture", { image_url: "javascript:alert(1)" }, "image_url"],
  ["a country by its name", { origin_country: "Portugal" }, "origin_country"],
  ["a tariff number that is too short", { tariff_number: "6912" }, "tariff_number"],
  ["a category without letters", { category: "日本" }, "category"],
  ["a category with a title too long", { category: "x y".repeat(100) }, "category"],
])("%s is refused by the column's name", (_name, change, field) => {
  const cells: Record<string, string> = { sku: "A", title: "T", price: "1", ...change };
  const text = `${Object.keys(cells).join(",")}\n${Object.values(cells).join(",")}`;
  const read = readCsv(text);
  expect(read.problems).toEqual([]);
  const { items, problems } = checkRows(read);
  expect(items).toEqual([]);
  expect(problems.map(({ line, field }) => ({ line, field }))).toEqual([{ line: 2, field }]);
});

test("in JSON the same parts have other names", () => {
  const read = readJson(
    '[{"sku":"A","title":"T","price":1,"weight":-1,"dimensions":{"depth":-1},"images":["x"],"tags":[""]}]',
  );
  expect(
    checkRows(read)
      .problems.map(({ field }) => field)
      .sort(),
  ).toEqual(["dimensions", "images", "tags", "weight"]);
});

test("a SKU may stand once: the second is refused and told where the first is", () => {
  const { items, problems } = checkRows(readCsv("sku,title,price\nA,T,1\nB,T,1\nA,U,2"));
  expect(items.map(({ line }) => line)).toEqual([2, 3]);
  expect(problems).toEqual([{ line: 4, field: "sku", message: "stands in line 2 already" }]);
});

test.each([
  ["beauty", "beauty", "Beauty"],
  ["mens-shirts", "mens-shirts", "Mens Shirts"],
  ["Home & Garden", "home-garden", "Home & Garden"],
  ["  Café  ", "cafe", "  Café  "],
  ["--x--", "x", "--x--"],
  [`${"a".repeat(63)} b`, "a".repeat(63), `${"a".repeat(63)} b`],
  ["日本", "", "日本"],
])("category %j has the id %j and the title %j", (name, id, title) => {
  expect(categoryOf(name)).toMatchObject({ id, title });
});

const shared = new URL("../../../shared/data/products.json", import.meta.url);
const sample = await readFile(shared, "utf8").catch(() => undefined);

test.runIf(sample !== undefined)("the sample catalog of DummyJSON is valid as a whole", () => {
  const read = readJson(sample ?? "");
  const { items, problems } = checkRows(read);
  expect([...read.problems, ...problems]).toEqual([]);
  expect(read.ignored).toEqual([]);
  expect(items).toHaveLength(194);
  const lines = (sample ?? "").split("\n");
  for (const { line, sku } of items) {
    expect(lines.slice(line - 1, line + 30).find((text) => text.startsWith('"sku"'))).toContain(sku);
  }
});
