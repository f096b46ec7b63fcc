import { FieldReader } from "./field-reader.ts";
import type { Problem, ProductRow, ReadResult } from "./row.ts";
import { NotAnArray, scanJsonArray } from "./scan-json-array.ts";

const gramsPerOunce = 28.349523125;
const millimetresPerCentimetre = 10;

const fieldNames = {
  title: "title",
  description: "description",
  category_ids: "category",
  tags: "tags",
  "attributes.brand": "brand",
  metadata: "thumbnail",
  image_urls: "images",
  "variants.sku": "sku",
  "variants.prices": "price",
  "variants.prices.currency_code": "currency",
  "variants.package.weight_g": "weight",
  "variants.package": "dimensions",
  "variants.origin_country_code": "originCountry",
  "variants.tariff_number": "tariffNumber",
};

const known = new Set([
  ...[
    "id",
    "title",
    "description",
    "category",
    "price",
    "currency",
    "stock",
    "tags",
    "brand",
    "sku",
    "weight",
  ],
  ...["dimensions", "images", "thumbnail", "originCountry", "tariffNumber"],
]);

/**
 * Reads a JSON array of products as DummyJSON has them: `price` in major units of `currency` (USD
 * when not given), `weight` in ounces, `dimensions` {width, height, depth} in centimetres. Other
 * properties are ignored, and said to be. An element that cannot be read is a problem of its line.
 */
export function readJson(text: string): ReadResult {
  const rows: ProductRow[] = [];
  const problems: Problem[] = [];
  const ignored = new Set<string>();
  for (const { line, text: element } of elementsOf(text, problems)) {
    const fields = parseElement(element);
    if (typeof fields === "string") {
      problems.push({ line, field: "", message: fields });
      continue;
    }
    for (const name of Object.keys(fields)) if (!known.has(name)) ignored.add(name);
    const reader = new FieldReader(fields);
    const row = toRow(line, reader);
    if (reader.problems.length === 0) rows.push(row);
    else problems.push(...reader.problems.map((problem) => ({ line, ...problem })));
  }
  return { rows, problems, ignored: [...ignored], fieldNames };
}

function elementsOf(text: string, problems: Problem[]) {
  try {
    return scanJsonArray(text);
  } catch (err) {
    if (!(err instanceof NotAnArray)) throw err;
    problems.push({ line: err.line, field: "", message: err.message });
    return [];
  }
}

/** The element's properties, or what is wrong with it. A price stays the text that it was: no double rounds it. */
function parseElement(text: string): Record<string, unknown> | string {
  const keepPrice = (key: string, value: unknown, context?: { source?: string }) =>
    key === "price" && typeof value === "number" ? (context?.source ?? String(value)) : value;
  let value: unknown;
  try {
    value = JSON.parse(text, keepPrice);
  } catch (err) {
    return `not valid JSON: ${(err as SyntaxError).message}`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "not an object";
  return value as Record<string, unknown>;
}

function toRow(line: number, reader: FieldReader): ProductRow {
  const images = reader.texts("images");
  const thumbnail = reader.text("thumbnail");
  const id = reader.number("id");
  return {
    line,
    sku: reader.text("sku", { required: true }),
    title: reader.text("title", { required: true }),
    description: reader.text("description"),
    category: reader.text("category"),
    price: reader.text("price", { required: true }),
    currency: reader.text("currency") || "USD",
    stock: reader.units("stock"),
    tags: reader.texts("tags"),
    brand: reader.text("brand"),
    package: readPackage(reader),
    imageUrls: images.length === 0 && thumbnail !== "" ? [thumbnail] : images,
    originCountry: reader.text("originCountry"),
    tariffNumber: reader.text("tariffNumber"),
    metadata: {
      ...(id === undefined ? {} : { source_id: String(id) }),
      ...(thumbnail === "" ? {} : { thumbnail_url: thumbnail }),
    },
  };
}

function readPackage(reader: FieldReader): ProductRow["package"] {
  const ounces = reader.number("weight");
  const size = reader.object("dimensions");
  if (ounces === undefined && size === undefined) return undefined;
  const millimetres = (name: string) => roundUp((size?.number(name) ?? 0) * millimetresPerCentimetre);
  const sized = {
    weightG: roundUp((ounces ?? 0) * gramsPerOunce),
    lengthMm: millimetres("depth"),
    widthMm: millimetres("width"),
    heightMm: millimetres("height"),
  };
  for (const { field, message } of size?.problems ?? []) {
    reader.problems.push({ field: `dimensions.${field}`, message });
  }
  return sized;
}

/** To the next whole unit, as carriers count; what multiplying doubles adds (1.1 * 10) is no unit. */
function roundUp(value: number): number {
  return Math.ceil(value - 1e-6);
}
