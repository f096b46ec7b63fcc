import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../lib/testing/programs.ts";
import { newOrder } from "./support/buyer.ts";
import { openShop, type TestShop } from "./support/shop.ts";

interface Row {
  sku: string;
  title: string;
  price: number;
  stock: number;
  category: string;
}

/** The catalog that the project is tried with; a smaller one where that is not at hand. */
const catalogFile = resolve(root, "../shared/data/products.json");

let shop: TestShop;
let folder: string;
let file: string;
let rows: Row[];
beforeAll(async () => {
  shop = await openShop();
  folder = await mkdtemp(join(tmpdir(), "rowlock-import-"));
  file = catalogFile;
  if (!existsSync(file)) {
    file = await written("products.json", JSON.stringify(generated(40)));
    process.stderr.write(`there is no ${catalogFile}: a small generated file is imported instead\n`);
  }
  const content = JSON.parse(await readFile(file, "utf8"));
  rows = Array.isArray(content) ? content : content.products;
});
afterAll(async () => {
  await shop?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function written(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function generated(count: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({
    sku: `GEN-${i}`,
    title: `Generated product ${i}`,
    price: (100 + i) / 100,
    stock: i,
    category: `Shelf ${i % 3}`,
  }));
}

/** Runs `node cmd/import.ts`, which knows the shop's address and key and nothing else. */
function runImport(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, ROWLOCK_STAFF_KEY: shop.staff };
  const all = ["cmd/import.ts", ...args, "--target", shop.grpcAddress];
  return new Promise((done) => {
    execFile(process.execPath, all, { cwd: root, env }, (err, stdout, stderr) => {
      done({ code: err === null ? 0 : Number(err.code), stdout, stderr });
    });
  });
}

async function countProducts(): Promise<number> {
  let count = 0;
  let pageToken = "";
  do {
    const { body } = await shop.rest("GET", `/v1/products?pageSize=200&pageToken=${pageToken}`);
    count += body.products.length;
    pageToken = body.nextPageToken;
  } while (pageToken !== "");
  return count;
}

test("a whole catalog is imported, with its stock, and can be sold", { timeout: 60_000 }, async () => {
  expect(rows).toHaveLength(file === catalogFile ? 194 : 40);
  const { code, stdout } = await runImport(file);
  expect([code, stdout]).toEqual([0, `${rows.length} imported, 0 exist already, 0 refused\n`]);
  expect(await countProducts()).toBe(rows.length);
  for (const row of [rows[0], rows[rows.length >> 1], rows.at(-1)]) {
    expect(await shop.stock(row?.sku ?? "")).toMatchObject({ onHand: row?.stock, reserved: 0 });
  }
  const sold = rows.at(-1)?.sku ?? "";
  await newOrder(shop.rest, [sold]);
  expect(await shop.stock(sold)).toMatchObject({ reserved: 1 });
});

test("once more, it changes nothing", { timeout: 60_000 }, async () => {
  const { code, stdout } = await runImport(file);
  expect([code, stdout]).toEqual([0, `0 imported, ${rows.length} exist already, 0 refused\n`]);
  expect(await countProducts()).toBe(rows.length);
});

test("bad rows are reported by line, the others are in", async () => {
  const before = await countProducts();
  const csv = [
    "sku,title,price,currency,stock,category",
    "CSV-1,Good one,9.90,USD,5,Shelf",
    "CSV-2,No price,cheap,USD,5,Shelf",
    "CSV 3,A space in its SKU,1.00,USD,5,Shelf",
    "CSV-4,Less than nothing,1.00,USD,-5,Shelf",
    "CSV-5,Half a cent,1.005,USD,5,Shelf",
    '"CSV-6","Good, too",12,EUR,7,Shelf',
    "CSV-1,The SKU again,9.90,USD,5,Shelf",
  ];
  const path = await written("some.csv", `${csv.join("\n")}\n`);
  const { code, stdout, stderr } = await runImport(path);
  expect([code, stdout]).toEqual([1, "2 imported, 0 exist already, 5 refused\n"]);
  const lines = [...stderr.matchAll(/some\.csv:(\d+): (\w+): \S/g)].map(([, line, field]) => [line, field]);
  expect(lines).toEqual([
    ["3", "price"],
    ["4", "sku"],
    ["5", "stock"],
    ["6", "price"],
    ["8", "sku"],
  ]);
  expect(await countProducts()).toBe(before + 2);
  expect(await shop.stock("CSV-6")).toMatchObject({ onHand: 7 });
});

test.each<[string, () => Promise<string[]>, RegExp]>([
  ["a file that is not there", async () => ["nowhere.json"], /nowhere\.json/],
  ["no file at all", async () => [], /^Usage: npm run import/],
])("%s: said in words, and nothing done", async (_what, args, said) => {
  const before = await countProducts();
  const { code, stdout, stderr } = await runImport(...(await args()));
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(said);
  expect(stderr).not.toMatch(/\n {4}at /);
  expect(await countProducts()).toBe(before);
});
