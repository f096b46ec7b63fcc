import { expect, test } from "vitest";
import { readJson } from "./read-json.ts";

const essence = `{
"id": 1,
"title": "Essence Mascara",
"description": "Volume.",
"category": "beauty",
"price": 9.99,
"stock": 99,
"tags": ["beauty", "mascara"],
"brand": "Essence",
"sku": "BEA-1",
"weight": 4,
"dimensions": {"width": 15.14, "height": 13.08, "depth": 1.1},
"images": ["https://x.test/1.webp"],
"thumbnail": "https://x.test/t.webp",
"originCountry": "FR",
"tariffNumber": "330420"
}`;

test("reads a product of DummyJSON: ounces to grams and centimetres to millimetres, rounded up", () => {
  expect(readJson(`[\n${essence}\n]`)).toMatchObject({
    problems: [],
    ignored: [],
    rows: [
      {
        line: 2,
        sku: "BEA-1",
        title: "Essence Mascara",
        description: "Volume.",
        category: "beauty",
        price: "9.99",
        currency: "USD",
        stock: 99n,
        tags: ["beauty", "mascara"],
        brand: "Essence",
        package: { weightG: 114, lengthMm: 11, widthMm: 152, heightMm: 131 },
        imageUrls: ["https://x.test/1.webp"],
        metadata: { source_id: "1", thumbnail_url: "https://x.test/t.webp" },
        originCountry: "FR",
        tariffNumber: "330420",
      },
    ],
  });
});

test("a price keeps every digit it was written with", () => {
  const prices = ["90071992547409.93", "0.10", "5", '"12.50"'];
  const text = `[${prices.map((price, i) => `{"sku":"S${i}","title":"T","price":${price}}`).join(",")}]`;
  expect(readJson(text).rows.map(({ price }) => price)).toEqual(["90071992547409.93", "0.10", "5", "12.50"]);
});

test("without images the thumbnail is the picture; without size there is no package", () => {
  const { rows } = readJson('[{"sku":"S","title":"T","price":1,"thumbnail":"https://x.test/t"}]');
  expect(rows).toMatchObject([{ imageUrls: ["https://x.test/t"], package: undefined, stock: undefined }]);
});

test("says what it does not use", () => {
  const { rows, ignored } = readJson(
    '[{"sku":"S","title":"T","price":1,"rating":4.5},{"sku":"T","titel":"x"}]',
  );
  expect(ignored).toEqual(["rating", "titel"]);
  expect(rows).toHaveLength(1);
});

test.each<[string, string, { line: number; field: string }[]]>([
  ["not an object", "[\n1,\nnull,\n[]]", [2, 3, 4].map((line) => ({ line, field: "" }))],
  ["malformed", '[\n{"sku":"A"\n"title":"T"}]', [{ line: 2, field: "" }]],
  ["no array", '\n{"sku":"A"}', [{ line: 2, field: "" }]],
  ["nothing of what is required", "[{}]", ["sku", "title", "price"].map((field) => ({ line: 1, field }))],
  [
    "wrong types",
    '[\n{"sku":1,"title":"T","price":true,"stock":"3","tags":"a","weight":"4","dimensions":[],"images":[1]}]',
    ["images", "sku", "price", "stock", "tags", "weight", "dimensions"].map((field) => ({ line: 2, field })),
  ],
  [
    "half a unit, and a dimension that is no number",
    '[{"sku":"A","title":"T","price":1,"stock":1.5,"dimensions":{"width":"1"}}]',
    [
      { line: 1, field: "stock" },
      { line: 1, field: "dimensions.width" },
    ],
  ],
])("%s is a problem of its line and field", (_name, text, want) => {
  const { rows, problems } = readJson(text);
  expect(rows).toEqual([]);
  expect(problems.map(({ line, field }) => ({ line, field }))).toEqual(want);
});

test("a bad element does not take its neighbours with it", () => {
  const good = (sku: string) => `{"sku":"${sku}","title":"T","price":1}`;
  const { rows, problems } = readJson(`[\n${good("A")},\n{"sku" "B"},\n${good("C")}\n]`);
  expect(rows.map(({ line, sku }) => [line, sku])).toEqual([
    [2, "A"],
    [4, "C"],
  ]);
  expect(problems.map(({ line }) => line)).toEqual([3]);
});
