import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CatalogService } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { systemClock } from "../../lib/clock.ts";
import { createGrpcServer, type GrpcServer } from "../../lib/rpc/grpc-server.ts";
import { createDirectTransport } from "../../lib/rpc/index.ts";
import { as, testInterceptors, testStaffKey } from "../../lib/rpc/testing/interceptors.ts";
import { freePort } from "../../lib/testing/free-port.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { catalogSchema } from "../../services/catalog/migrations/index.ts";
import { createCatalogService } from "../../services/catalog/service.ts";
import { inventorySchema } from "../../services/inventory/migrations/index.ts";
import { createInventoryService } from "../../services/inventory/service.ts";
import { runImport } from "./run-import.ts";

let database: TestDatabase;
let server: GrpcServer;
let catalog: Client<typeof CatalogService>;
let inventory: Client<typeof InventoryService>;
let folder: string;
let prefix: string;
let count = 0;

beforeAll(async () => {
  database = await testDatabase([catalogSchema, inventorySchema]);
  const services = [
    ...createCatalogService({ db: database.open("catalog"), clock: systemClock }).services,
    ...createInventoryService({ db: database.open("inventory"), clock: systemClock }).services,
  ];
  server = await createGrpcServer({
    services,
    interceptors: testInterceptors,
    address: "127.0.0.1:0",
    log: pino({ level: "silent" }),
  });
  const transport = createDirectTransport({ services, interceptors: testInterceptors });
  catalog = createClient(CatalogService, transport);
  inventory = createClient(InventoryService, transport);
  folder = await mkdtemp(join(tmpdir(), "rowlock-import-"));
});
afterAll(async () => {
  await server?.drain({ graceMs: 0 });
  await database?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true });
});
beforeEach(() => {
  count += 1;
  prefix = `T${count}`;
});

/** Runs the command in the test's folder; by default against the running shop, with its key. */
async function run(args: string[], { env = { ROWLOCK_STAFF_KEY: testStaffKey }, target = server.port } = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runImport({
    args: ["--target", `127.0.0.1:${target}`, ...args],
    env: { INIT_CWD: folder, ROWLOCK_DATA_DIR: folder, ...env } as NodeJS.ProcessEnv,
    stdout,
    stderr,
  });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return name;
}

const csv = (...rows: string[]) => `sku,title,price,stock,category\n${rows.join("\n")}\n`;

const onHand = async (sku: string) => (await inventory.getStock({ sku }, as.staff)).onHand;

test("imports products with categories and stock, and reports the bad rows by line and field", async () => {
  const name = await file(
    "mixed.csv",
    csv(
      `${prefix}-A,Mug,12.50,3,Home & Garden`,
      `${prefix}-B,Bad,abc,3,`,
      `${prefix}-C,Plate,1,,Home & Garden`,
      "x",
    ),
  );
  expect(await run([name])).toEqual({
    code: 1,
    stdout: "2 imported, 0 exist already, 2 refused\n",
    stderr:
      "importing 2 products\n" +
      'mixed.csv:3: price: "abc" is not a decimal number\n' +
      "mixed.csv:5: 1 fields; the header has 5\n",
  });
  const { variants } = await catalog.batchGetVariants({
    skus: [`${prefix}-A`, `${prefix}-B`, `${prefix}-C`],
  });
  expect(variants.map(({ productTitle }) => productTitle).sort()).toEqual(["Mug", "Plate"]);
  const { products } = await catalog.listProducts({ categoryId: "home-garden" });
  expect(products).toHaveLength(2);
  expect(await onHand(`${prefix}-A`)).toBe(3n);
  await expect(onHand(`${prefix}-C`)).rejects.toThrow("stock");
});

test("running it again changes nothing, not even what was sold meanwhile; --update-stock does", async () => {
  const name = await file("again.csv", csv(`${prefix}-A,Mug,1,5,`, `${prefix}-B,Mug,1,,`));
  expect(await run([name])).toMatchObject({ code: 0, stdout: "2 imported, 0 exist already, 0 refused\n" });
  await inventory.adjustStock({ sku: `${prefix}-A`, delta: -2n, reason: "sold" }, as.staff);
  expect(await run([name])).toMatchObject({ code: 0, stdout: "0 imported, 2 exist already, 0 refused\n" });
  expect(await onHand(`${prefix}-A`)).toBe(3n);
  expect(await run([name, "--update-stock"])).toMatchObject({
    code: 0,
    stdout: "0 imported, 2 exist already (stock set for 1), 0 refused\n",
  });
  expect(await onHand(`${prefix}-A`)).toBe(5n);
});

test("a product whose stock was never set, as after an import that was cut off, gets it the next time", async () => {
  await catalog.createProduct(
    {
      product: {
        title: "Cut",
        variants: [{ sku: `${prefix}-A`, prices: [{ currencyCode: "USD", amount: 1n }] }],
      },
    },
    as.staff,
  );
  const name = await file("cut.csv", csv(`${prefix}-A,Cut,1,7,`));
  expect((await run([name])).stdout).toBe("0 imported, 1 exist already (stock set for 1), 0 refused\n");
  expect(await onHand(`${prefix}-A`)).toBe(7n);
});

test("an archived product stays archived, and its row counts as existing", async () => {
  const name = await file("archived.csv", csv(`${prefix}-A,Gone,1,1,`));
  await run([name]);
  const { variants } = await catalog.batchGetVariants({ skus: [`${prefix}-A`] });
  await catalog.archiveProduct({ productId: variants[0]?.productId ?? "" }, as.staff);
  expect((await run([name])).stdout).toBe("0 imported, 1 exist already, 0 refused\n");
  expect((await catalog.batchGetVariants({ skus: [`${prefix}-A`] })).variants).toEqual([]);
});

test("a category that the shop has under another title is used as it is", async () => {
  await catalog.createCategory({ category: { id: "named", title: "The merchant's own name" } }, as.staff);
  const name = await file("category.csv", csv(`${prefix}-A,Mug,1,1,Named`));
  expect(await run([name])).toMatchObject({ code: 0 });
  expect((await catalog.listProducts({ categoryId: "named" })).products).toHaveLength(1);
});

test("imports JSON", async () => {
  const text = JSON.stringify([{ sku: `${prefix}-A`, title: "Mug", price: 9.99, stock: 2, rating: 5 }]);
  expect(await run([await file("p.json", text)])).toEqual({
    code: 0,
    stdout: "1 imported, 0 exist already, 0 refused\n",
    stderr: "not used: rating\nimporting 1 products\n",
  });
});

test("many rows in flight, in one category, all arrive", async () => {
  const rows = Array.from({ length: 120 }, (_, i) => `${prefix}-${i},Mug ${i},${i}.25,${i},many`);
  expect(await run([await file("many.csv", csv(...rows))])).toMatchObject({
    code: 0,
    stdout: "120 imported, 0 exist already, 0 refused\n",
  });
  expect(await onHand(`${prefix}-119`)).toBe(119n);
});

const sample = fileURLToPath(new URL("../../../shared/data/products.json", import.meta.url));

test.runIf(existsSync(sample))("imports the whole sample catalog of DummyJSON", async () => {
  expect(await run([sample])).toMatchObject({
    code: 0,
    stdout: "194 imported, 0 exist already, 0 refused\n",
  });
  const { products } = await catalog.listProducts({ query: "mascara" });
  expect(products[0]).toMatchObject({
    title: "Essence Mascara Lash Princess",
    categoryIds: ["beauty"],
    variants: [{ sku: "BEA-ESS-ESS-001", prices: [{ currencyCode: "USD", amount: 999n }] }],
  });
  expect(await onHand("BEA-ESS-ESS-001")).toBe(99n);
});

test("--dry-run needs no shop and no key, and imports nothing", async () => {
  const name = await file("dry.csv", csv(`${prefix}-A,Mug,1,1,`, ",,,,"));
  expect(await run(["--dry-run", name], { env: {} as never, target: await freePort() })).toEqual({
    code: 1,
    stdout: "1 valid, 1 refused\n",
    stderr: ["sku", "title", "price"].map((field) => `dry.csv:3: ${field}: is required\n`).join(""),
  });
  expect((await catalog.batchGetVariants({ skus: [`${prefix}-A`] })).variants).toEqual([]);
});

test("the key is read from the data folder when it is not in the environment", async () => {
  const name = await file("key.csv", csv(`${prefix}-A,Mug,1,1,`));
  const withoutKey = { env: {} as never };
  expect(await run([name], withoutKey)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("npm start"),
  });
  await file("staff-key", `${testStaffKey}\n`);
  expect(await run([name], withoutKey)).toMatchObject({ code: 0 });
  await rm(join(folder, "staff-key"));
});

test("with nothing listening it says to start the shop", async () => {
  const name = await file("away.csv", csv(`${prefix}-A,Mug,1,1,home`));
  const { code, stderr } = await run([name], { target: await freePort() });
  expect(code).toBe(2);
  expect(stderr).toContain("start the shop first: npm start");
});

test("a wrong key is said to be wrong, and not shown", async () => {
  const name = await file("wrong.csv", csv(`${prefix}-A,Mug,1,1,`));
  const { code, stderr } = await run([name], { env: { ROWLOCK_STAFF_KEY: "wrong-key-of-mine" } });
  expect(code).toBe(2);
  expect(stderr).toContain("refuses the staff key");
  expect(stderr).not.toContain("wrong-key-of-mine");
});

test.each([
  ["no file", [], "Usage:"],
  ["two files", ["a.csv", "b.csv"], "Usage:"],
  ["an unknown option", ["--force", "a.csv"], "--force"],
  ["a file that is not there", ["none.csv"], "no such file"],
  ["a file of another kind", ["a.xlsx"], ".json or .csv"],
  ["a target without a port", ["--target", "localhost", "a.csv"], "host:port"],
])("%s: exit code 2 and a word why", async (_name, args, message) => {
  const { code, stderr } = await run(args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("a file that is no text is refused", async () => {
  await writeFile(join(folder, "binary.csv"), Buffer.from([0x73, 0x6b, 0x75, 0xff, 0xfe]));
  expect(await run(["binary.csv"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("not a UTF-8 text"),
  });
});
