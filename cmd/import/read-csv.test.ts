import { expect, test } from "vitest";
import { csvColumns, readCsv } from "./read-csv.ts";

const header = csvColumns.join(",");

test("reads every documented column", () => {
  const text = `${header}\nA-1,"Mug, ""large""","Two\nlines",Home & Garden,12.50,EUR,7,kitchen| gift |,Acme,350,100,90,80,https://x.test/m.jpg,PT,6912002300\n`;
  expect(readCsv(text)).toMatchObject({
    problems: [],
    rows: [
      {
        line: 2,
        sku: "A-1",
        title: 'Mug, "large"',
        description: "Two\nlines",
        category: "Home & Garden",
        price: "12.50",
        currency: "EUR",
        stock: 7n,
        tags: ["kitchen", "gift"],
        brand: "Acme",
        package: { weightG: 350, lengthMm: 100, widthMm: 90, heightMm: 80 },
        imageUrls: ["https://x.test/m.jpg"],
        originCountry: "PT",
        tariffNumber: "6912002300",
      },
    ],
  });
});

test("only sku, title and price are needed, in any order; empty means not given", () => {
  expect(readCsv("price,sku,stock,title,weight_g\r\n5,A,,Mug,\r\n")).toMatchObject({
    problems: [],
    rows: [
      { price: "5", sku: "A", title: "Mug", stock: undefined, package: undefined, currency: "USD", tags: [] },
    ],
  });
});

test.each<[string, string, { line: number; field: string }[]]>([
  ["an empty file", "", [{ line: 1, field: "" }]],
  ["an unknown column", "sku,title,price,weigth_g\nA,T,1,2", [{ line: 1, field: "weigth_g" }]],
  ["a column twice", "sku,title,price,sku\nA,T,1,A", [{ line: 1, field: "sku" }]],
  ["columns that are missing", "\nsku\nA", ["title", "price"].map((field) => ({ line: 2, field }))],
  ["too few fields", "sku,title,price\nA,T", [{ line: 2, field: "" }]],
  ["too many fields", "sku,title,price\nA,T,1,2", [{ line: 2, field: "" }]],
  [
    "required and empty",
    "sku,title,price\n,,",
    ["sku", "title", "price"].map((field) => ({ line: 2, field })),
  ],
  [
    "no whole number",
    "sku,title,price,stock,weight_g\nA,T,1,1.5,2kg",
    ["stock", "weight_g"].map((field) => ({ line: 2, field })),
  ],
  ["letters after a quoted field", 'sku,title,price\nA,"T"x,1', [{ line: 2, field: "" }]],
  ["a quote within a field", 'sku,title,price\nA,T"x,1', [{ line: 2, field: "" }]],
])("%s is a problem of its line and field", (_name, text, want) => {
  const { rows, problems } = readCsv(text);
  expect(rows).toEqual([]);
  expect(problems.map(({ line, field }) => ({ line, field }))).toEqual(want);
});

test("lines are counted through quoted line breaks, and a bad row leaves the others alone", () => {
  const text = 'sku,title,price\nA,"T\nT\nT",1\n\nB,"open,1\nC,T,1\nD,T\nE,T,1\n';
  const { rows, problems } = readCsv(text);
  expect(rows.map(({ line, sku }) => [line, sku])).toEqual([
    [2, "A"],
    [7, "C"],
    [9, "E"],
  ]);
  expect(problems.map(({ line, message }) => [line, message])).toEqual([
    [6, "a quoted field is not closed"],
    [8, "2 fields; the header has 3"],
  ]);
});
