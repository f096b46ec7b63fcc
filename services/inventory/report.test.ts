import { afterAll, beforeAll, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { csvLines } from "./report-csv.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
beforeAll(async () => {
  shop = await openTestInventory();
});
afterAll(async () => {
  expect(await shop.mismatches()).toEqual([]);
  await shop[Symbol.asyncDispose]();
});

const order = as.service("order");
const report = async (sku: string) => {
  const { items } = await shop.client.reportStock({ skus: [sku] }, as.staff);
  const [{ $typeName: _, ...item } = { $typeName: "" }] = items;
  return item;
};
const summary = (sku: string, fields: object) => ({
  sku,
  onHand: 0n,
  reserved: 0n,
  available: 0n,
  demanded: 0n,
  shortfall: 0n,
  waiting: 0n,
  ...fields,
});
const sell = async (id: string, lines: Record<string, number>) => {
  await shop.reserve(id, lines);
  await shop.client.commit({ reservationId: id }, order);
};
const set = (sku: string, onHand: bigint, backorderLimit?: bigint) =>
  shop.client.setStock({ sku, onHand, ...(backorderLimit !== undefined && { backorderLimit }) }, as.staff);
const adjust = (sku: string, delta: bigint) =>
  shop.client.adjustStock({ sku, delta, reason: "delivery" }, as.staff);

test("units held for unpaid orders are demanded, paid ones have left", async () => {
  await shop.stock("HELD", 5n);
  await sell("held-paid", { HELD: 1 });
  await shop.reserve("held-unpaid", { HELD: 3 });
  const want = { onHand: 4n, reserved: 3n, available: 1n, demanded: 3n };
  expect(await report("HELD")).toEqual(summary("HELD", want));
});

test("a hold whose time is over demands nothing, although nobody has swept it", async () => {
  await shop.stock("DUE", 5n);
  await shop.reserve("due", { DUE: 3 }, 60);
  shop.advance(60_000);
  expect(await report("DUE")).toEqual(summary("DUE", { onHand: 5n, available: 5n }));
});

test("units sold beyond what is on hand are owed until they are delivered", async () => {
  await set("LATE", 2n, 10n);
  await sell("late-1", { LATE: 5 });
  await shop.reserve("late-2", { LATE: 4 });
  // 3 are owed, 4 are held, and of the 10 there are 3 left.
  const owed = { reserved: 4n, available: 3n, demanded: 7n, shortfall: 7n };
  expect(await report("LATE")).toEqual(summary("LATE", owed));
  expect(await adjust("LATE", 2n)).toMatchObject({ onHand: 0n, backorderLimit: 9n, available: 5n });
  expect(await report("LATE")).toMatchObject({ demanded: 5n, shortfall: 5n });
  expect(await adjust("LATE", 6n)).toMatchObject({ onHand: 5n, backorderLimit: 10n, available: 11n });
  expect(await report("LATE")).toMatchObject({ onHand: 5n, demanded: 4n, shortfall: 0n });
});

test("a paid order that is canceled needs its units no more, and may serve another", async () => {
  await set("BACK", 1n, 10n);
  await sell("back-1", { BACK: 1 });
  await sell("back-2", { BACK: 2 });
  await shop.client.restock({ reservationId: "back-1" }, order);
  expect(await report("BACK")).toEqual(summary("BACK", { available: 9n, demanded: 1n, shortfall: 1n }));
  await shop.client.restock({ reservationId: "back-2" }, order);
  expect(await report("BACK")).toEqual(summary("BACK", { onHand: 1n, available: 11n }));
});

test("who counts units has served those who waited; who counts none has not", async () => {
  await set("COUNT", 0n, 5n);
  await sell("count", { COUNT: 3 });
  expect(await set("COUNT", 0n)).toMatchObject({ onHand: 0n, backorderLimit: 2n });
  expect(await report("COUNT")).toMatchObject({ demanded: 3n });
  expect(await set("COUNT", 4n)).toMatchObject({ onHand: 4n, backorderLimit: 5n });
  expect(await set("COUNT", 4n)).toMatchObject({ onHand: 4n, backorderLimit: 5n });
  expect(await report("COUNT")).toMatchObject({ onHand: 4n, demanded: 0n });
});

test("a loss makes nobody wait", async () => {
  await set("LOSS", 0n, 5n);
  await sell("loss", { LOSS: 3 });
  expect(reasonOf(await adjust("LOSS", -1n).catch((err: unknown) => err))).toBe("STOCK_BELOW_RESERVED");
  expect(await report("LOSS")).toMatchObject({ onHand: 0n, demanded: 3n });
});

test("buyers who pay at once are owed together what there is not", async () => {
  await set("RUSH", 40n, 100n);
  await Promise.all(Array.from({ length: 60 }, (_, i) => sell(`rush-${i}`, { RUSH: 2 })));
  expect(await report("RUSH")).toMatchObject({ onHand: 0n, demanded: 80n, available: 20n });
  await Promise.all(Array.from({ length: 30 }, () => adjust("RUSH", 3n)));
  expect(await report("RUSH")).toMatchObject({ onHand: 10n, demanded: 0n, available: 110n });
});

test("only what must be added, page by page", async () => {
  for (const sku of ["SHORT-1", "SHORT-2", "SHORT-3"]) {
    await set(sku, 0n, 5n);
    await shop.reserve(sku, { [sku]: 1 });
  }
  const ask = { shortOnly: true, pageSize: 2, skus: ["SHORT-1", "SHORT-2", "SHORT-3", "DUE", "NONE"] };
  const first = await shop.client.reportStock(ask, as.staff);
  const next = { ...ask, pageToken: first.nextPageToken };
  const second = await shop.client.reportStock(next, as.staff);
  expect([...first.items, ...second.items].map(({ sku }) => sku)).toEqual(["SHORT-1", "SHORT-2", "SHORT-3"]);
  expect(second.nextPageToken).toBe("");
  const other = shop.client.reportStock({ ...next, shortOnly: false }, as.staff);
  expect(reasonOf(await other.catch((err: unknown) => err))).toBe("PAGE_TOKEN_INVALID");
});

test("as CSV it is the same, whole, however many SKUs there are", async () => {
  for (let i = 0; i < 1_001; i++) await shop.stock(`CSV-${String(i).padStart(4, "0")}`, BigInt(i));
  const read = async (shortOnly: boolean) => {
    const chunks: { contentType: string; data: Uint8Array }[] = [];
    for await (const chunk of shop.client.exportStockReport({ shortOnly }, as.staff)) chunks.push(chunk);
    expect(chunks[0]?.contentType).toBe("text/csv; charset=utf-8");
    return Buffer.concat(chunks.map(({ data }) => data)).toString();
  };
  const lines = (await read(false)).split("\r\n");
  expect(lines[0]).toBe("sku,on_hand,reserved,available,demanded,shortfall,threshold,waiting");
  expect(lines.at(-1)).toBe("");
  const stocked = lines.filter((line) => line.startsWith("CSV-"));
  expect(stocked).toHaveLength(1_001);
  expect(stocked[7]).toBe("CSV-0007,7,0,7,0,0,,0");
  const all = lines.slice(1, -1).map((line) => line.split(",")[0] ?? "");
  expect(all).toEqual([...new Set(all)].toSorted((a, b) => (a < b ? -1 : 1)));
  expect((await read(true)).split("\r\n")).toContain("SHORT-1,0,1,4,1,1,,0");
  expect(await read(true)).not.toContain("CSV-");
});

test("a text that a spreadsheet would calculate stays a text", () => {
  const row = { onHand: 1n, reserved: 0n, available: 1n, demanded: 0n, shortfall: 0n, waiting: 0n };
  const line = (sku: string) => Buffer.from(csvLines([{ ...row, sku, threshold: 5n }])).toString();
  const rest = ",1,0,1,0,0,5,0\r\n";
  expect(line("MUG")).toBe(`MUG${rest}`);
  expect(line("=1+1")).toBe(`'=1+1${rest}`);
  expect(line('a,"b"')).toBe(`"a,""b"""${rest}`);
});
