import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import {
  type Category,
  CategorySchema,
  type CreateProductRequest,
  CreateProductRequestSchema,
} from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { SetStockRequestSchema } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { MoneyError, parseDecimal } from "../../lib/money/money.ts";
import { categoryOf } from "./category.ts";
import type { Problem, ProductRow, ReadResult } from "./row.ts";

/** A row that holds to every rule that can be checked without the shop. */
export interface ImportItem {
  line: number;
  sku: string;
  request: CreateProductRequest;
  category: Category | undefined;
  stock: bigint | undefined;
}

// Compiles the rules of a message type once, when it first meets one.
const validator = createValidator();

/** Checks rows against the contracts' own rules. A row with any problem is no item. */
export function checkRows({ rows, fieldNames }: Pick<ReadResult, "rows" | "fieldNames">): {
  items: ImportItem[];
  problems: Problem[];
} {
  const items: ImportItem[] = [];
  const problems: Problem[] = [];
  const firstLines = new Map<string, number>();
  for (const row of rows) {
    const found: Omit<Problem, "line">[] = [];
    const item = toItem(row, found);
    const { request, category } = item;
    found.push(
      ...violationsOf(CreateProductRequestSchema, request, (path) => nameOf(path, fieldNames)),
      ...violationsOf(
        SetStockRequestSchema,
        create(SetStockRequestSchema, { sku: "x", onHand: row.stock }),
        () => "stock",
      ),
    );
    if (category !== undefined) found.push(...violationsOf(CategorySchema, category, () => "category"));
    const first = firstLines.get(row.sku);
    if (first !== undefined) found.push({ field: "sku", message: `stands in line ${first} already` });
    else firstLines.set(row.sku, row.line);
    if (found.length === 0) items.push(item);
    // One mistake may break two rules of one field; the first says it.
    else problems.push(...firstOfEachField(found).map((problem) => ({ line: row.line, ...problem })));
  }
  return { items, problems };
}

function violationsOf<D extends DescMessage>(
  desc: D,
  message: MessageShape<D>,
  fieldOf: (path: string) => string,
): Omit<Problem, "line">[] {
  const { error, violations } = validator.validate(desc, message);
  if (error !== undefined && violations === undefined) throw error;
  return (violations ?? []).map(({ field, message }) => ({ field: fieldOf(pathToString(field)), message }));
}

function toItem(row: ProductRow, found: Omit<Problem, "line">[]): ImportItem {
  const category = row.category === "" ? undefined : categoryOf(row.category);
  if (category?.id === "") {
    found.push({ field: "category", message: "gives no id: it has no letter from a to z and no digit" });
  }
  const request = create(CreateProductRequestSchema, {
    product: {
      title: row.title,
      description: row.description,
      categoryIds: category === undefined ? [] : [category.id],
      tags: [...new Set(row.tags)],
      attributes: row.brand === "" ? {} : { brand: row.brand },
      metadata: row.metadata,
      imageUrls: row.imageUrls,
      variants: [
        {
          sku: row.sku,
          prices: [{ currencyCode: row.currency, amount: amountOf(row, found) }],
          package: row.package,
          originCountryCode: row.originCountry,
          tariffNumber: row.tariffNumber,
        },
      ],
    },
  });
  return { line: row.line, sku: row.sku, request, category, stock: row.stock };
}

function amountOf({ price, currency }: ProductRow, found: Omit<Problem, "line">[]): bigint {
  try {
    return parseDecimal(price, currency);
  } catch (err) {
    if (!(err instanceof MoneyError)) throw err;
    found.push({
      field: err.problem === "UNKNOWN_CURRENCY" ? "currency" : "price",
      message: err.message,
    });
    return 0n;
  }
}

/** What the file calls a part of a request: `product.variants[0].prices` is its `price`. */
function nameOf(path: string, fieldNames: Record<string, string>): string {
  let part = path
    .replace(/^product\./, "")
    .replaceAll(/\["([^"]*)"\]/g, ".$1")
    .replaceAll(/\[\d+\]/g, "");
  for (;;) {
    const name = Object.hasOwn(fieldNames, part) ? fieldNames[part] : undefined;
    if (name !== undefined) return name;
    const cut = part.lastIndexOf(".");
    if (cut === -1) return part;
    part = part.slice(0, cut);
  }
}

function firstOfEachField<P extends { field: string }>(problems: readonly P[]): P[] {
  return problems.filter((problem, i) => problems.findIndex(({ field }) => field === problem.field) === i);
}
