import { randomUUID } from "node:crypto";
import { toJsonString } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { type Category, CreateProductRequestSchema } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { sha256Hex } from "../../lib/ids/ids.ts";
import type { ImportItem } from "./check-rows.ts";
import type { Problem } from "./row.ts";
import { rowError, type Shop } from "./shop.ts";

/** What became of the rows. */
export interface SendResult {
  created: number;
  /** SKUs that were in the shop, left as they are. */
  existing: number;
  /** Those of them whose stock was set. */
  restocked: number;
  problems: Problem[];
}

const inFlight = 16;

/**
 * Sends the rows to the shop: categories first, then products with their stock. Running it again is
 * safe: a SKU that exists is left alone, and so is its stock, unless `updateStock`. Only where an
 * import was cut off between the product and its stock is there no stock yet, and then it is set.
 *
 * @throws ImportRefused when the shop is away or refuses the key.
 */
export async function sendRows({
  items,
  shop,
  target,
  updateStock,
  onProgress,
}: {
  items: readonly ImportItem[];
  shop: Shop;
  target: string;
  updateStock: boolean;
  /** Called after each row. */
  onProgress: () => void;
}): Promise<SendResult> {
  // Repetitions within this run are answered once; another run's keys are other keys, since an
  // answer kept from an earlier run may be about a product that has been archived meanwhile.
  const run = randomUUID();
  const result: SendResult = { created: 0, existing: 0, restocked: 0, problems: [] };
  const missing = await createCategories({ items, shop, target });
  await eachOf(items, async (item) => {
    const refusal = missing.get(item.category?.id ?? "");
    if (refusal === undefined) {
      await sendRow({ item, shop, target, updateStock, run, result });
    } else {
      result.problems.push(problemOf(item, "category", refusal));
    }
    onProgress();
  });
  return result;
}

/** Creates the categories that the rows name; returns those that the shop refused, with its answer. */
async function createCategories({
  items,
  shop,
  target,
}: {
  items: readonly ImportItem[];
  shop: Shop;
  target: string;
}): Promise<Map<string, ConnectError>> {
  const categories = new Map<string, Category>();
  for (const { category } of items) if (category !== undefined) categories.set(category.id, category);
  const refused = new Map<string, ConnectError>();
  await eachOf([...categories.values()], async (category) => {
    try {
      await shop.catalog.createCategory({ category }, shop.call);
    } catch (err) {
      const error = rowError(err, target);
      // The merchant has it under another title: it is the same category.
      if (reasonOf(error) !== "CATEGORY_EXISTS") refused.set(category.id, error);
    }
  });
  return refused;
}

interface RowContext {
  item: ImportItem;
  shop: Shop;
  target: string;
  updateStock: boolean;
  run: string;
  result: SendResult;
}

async function sendRow(context: RowContext): Promise<void> {
  const { item, shop, target, run, result } = context;
  const requestId = `import-${sha256Hex(run + toJsonString(CreateProductRequestSchema, item.request))}`;
  let isNew = true;
  try {
    await shop.catalog.createProduct({ ...item.request, requestId }, shop.call);
  } catch (err) {
    const error = rowError(err, target);
    if (reasonOf(error) !== "SKU_TAKEN") {
      result.problems.push(problemOf(item, "", error));
      return;
    }
    isNew = false;
  }
  try {
    const stocked = await setStock(context, { isNew, requestId });
    if (isNew) result.created += 1;
    else {
      result.existing += 1;
      if (stocked) result.restocked += 1;
    }
  } catch (err) {
    result.problems.push(problemOf(item, "stock", rowError(err, target)));
  }
}

async function setStock(
  { item: { sku, stock }, shop, updateStock }: RowContext,
  { isNew, requestId }: { isNew: boolean; requestId: string },
): Promise<boolean> {
  if (stock === undefined) return false;
  if (!isNew && !updateStock && (await hasStock(shop, sku))) return false;
  await shop.inventory.setStock({ sku, onHand: stock, reason: "import", requestId }, shop.call);
  return true;
}

async function hasStock(shop: Shop, sku: string): Promise<boolean> {
  try {
    await shop.inventory.getStock({ sku }, shop.call);
    return true;
  } catch (err) {
    if (reasonOf(err) === "STOCK_NOT_FOUND") return false;
    throw err;
  }
}

function problemOf(item: ImportItem, field: string, error: ConnectError): Problem {
  return { line: item.line, field, message: error.rawMessage };
}

/** Works on up to `inFlight` at a time; the first that throws stops the others from taking more. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  let stopped = false;
  const worker = async () => {
    for (const item of queue) {
      if (stopped) return;
      try {
        await work(item);
      } catch (err) {
        stopped = true;
        throw err;
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
