import { CsvError, parse } from "csv-parse/sync";
import type { Problem, ProductRow, ReadResult } from "./row.ts";
import { splitCsv } from "./split-csv.ts";

/** The columns, in the order of the documented header; those not required may be missing. */
export const csvColumns = [
  ...["sku", "title", "description", "category", "price", "currency", "stock", "tags", "brand"],
  ...["weight_g", "length_mm", "width_mm", "height_mm", "image_url"],
  ...["origin_country", "tariff_number"],
] as const;

const requiredColumns = ["sku", "title", "price"];

const fieldNames = {
  title: "title",
  description: "description",
  category_ids: "category",
  tags: "tags",
  "attributes.brand": "brand",
  image_urls: "image_url",
  "variants.sku": "sku",
  "variants.prices": "price",
  "variants.prices.currency_code": "currency",
  "variants.package.weight_g": "weight_g",
  "variants.package.length_mm": "length_mm",
  "variants.package.width_mm": "width_mm",
  "variants.package.height_mm": "height_mm",
  "variants.origin_country_code": "origin_country",
  "variants.tariff_number": "tariff_number",
};

/**
 * Reads CSV with a header. `price` is in major units of `currency` (USD when empty), tags are
 * separated by `|`, an empty `stock` leaves the stock alone. A column that is not known is a problem
 * of the header, and nothing is read: a misspelt one would lose its data silently.
 */
export function readCsv(text: string): ReadResult {
  const [header, ...records] = splitCsv(text);
  const result: ReadResult = { rows: [], problems: [], ignored: [], fieldNames };
  if (header === undefined) {
    result.problems.push({ line: 1, field: "", message: "the file is empty" });
    return result;
  }
  const columns = cellsOf(header.text);
  const wrong = typeof columns === "string" ? [{ field: "", message: columns }] : headerProblems(columns);
  if (wrong.length > 0) {
    result.problems.push(...wrong.map((problem) => ({ line: header.line, ...problem })));
    return result;
  }
  for (const { line, text: record, closed } of records) {
    const cells = closed ? cellsOf(record) : "a quoted field is not closed";
    const read = typeof cells === "string" ? cells : toRow(line, columns as string[], cells);
    if (typeof read === "string") result.problems.push({ line, field: "", message: read });
    else if (Array.isArray(read)) result.problems.push(...read);
    else result.rows.push(read);
  }
  return result;
}

/** The cells of one record, or what is wrong with it. */
function cellsOf(record: string): string[] | string {
  try {
    return parse(record, { trim: true, max_record_size: 0 })[0] ?? [];
  } catch (err) {
    if (!(err instanceof CsvError)) throw err;
    // The parser saw one record and calls its line 1.
    return err.message.replace(/ at line \d+/g, "").replace(/ on line \d+/g, "");
  }
}

function headerProblems(columns: readonly string[]): { field: string; message: string }[] {
  const known = csvColumns as readonly string[];
  return [
    ...columns
      .filter((name) => !known.includes(name))
      .map((field) => ({ field, message: `unknown column; known are ${known.join(",")}` })),
    ...columns
      .filter((name, i) => known.includes(name) && columns.indexOf(name) !== i)
      .map((field) => ({ field, message: "the column stands twice" })),
    ...requiredColumns
      .filter((name) => !columns.includes(name))
      .map((field) => ({ field, message: "the column is missing" })),
  ];
}

function toRow(
  line: number,
  columns: readonly string[],
  cells: readonly string[],
): ProductRow | Problem[] | string {
  if (cells.length !== columns.length) return `${cells.length} fields; the header has ${columns.length}`;
  const problems: Problem[] = [];
  const text = (name: (typeof csvColumns)[number]) => cells[columns.indexOf(name)] ?? "";
  const whole = (name: (typeof csvColumns)[number]) => {
    const value = text(name);
    if (value === "" || /^-?\d{1,15}$/.test(value)) return value;
    problems.push({ line, field: name, message: "must be a whole number" });
    return "";
  };
  for (const field of ["sku", "title", "price"] as const) {
    if (text(field) === "") problems.push({ line, field, message: "is required" });
  }
  const stock = whole("stock");
  const size = [whole("weight_g"), whole("length_mm"), whole("width_mm"), whole("height_mm")];
  const [weightG = 0, lengthMm = 0, widthMm = 0, heightMm = 0] = size.map(Number);
  if (problems.length > 0) return problems;
  return {
    line,
    sku: text("sku"),
    title: text("title"),
    description: text("description"),
    category: text("category"),
    price: text("price"),
    currency: text("currency") || "USD",
    stock: stock === "" ? undefined : BigInt(stock),
    tags: text("tags")
      .split("|")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
    brand: text("brand"),
    package: size.every((value) => value === "") ? undefined : { weightG, lengthMm, widthMm, heightMm },
    imageUrls: text("image_url") === "" ? [] : [text("image_url")],
    originCountry: text("origin_country"),
    tariffNumber: text("tariff_number"),
    metadata: {},
  };
}
