import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  InventoryService,
  type WatchStockRequestSchema,
  type WatchStockResponse,
} from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { type Db, sql } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { createDirectTransport } from "../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../lib/rpc/testing/interceptors.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { LocalFeed, telling, type WatchSettings } from "../../lib/watch/index.ts";
import { readAll } from "../../lib/watch/testing/take.ts";
import { createInventoryService } from "./service.ts";
import { sweepDueHolds } from "./sweep.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

const never = 3_600_000;
const order = as.service("order");

let shop: TestInventory;
/** The same stock, whose changes are told. */
let db: Db;
let feed: LocalFeed;
let client: Client<typeof InventoryService>;
const open: AbortController[] = [];

beforeAll(async () => {
  shop = await openTestInventory();
  feed = new LocalFeed();
  db = telling(shop.database.db, feed);
  client = serve({ feed, recheckMs: never });
});
afterEach(() => {
  for (const controller of open.splice(0)) controller.abort();
});
afterAll(() => shop[Symbol.asyncDispose]());

function serve(watching: WatchSettings): Client<typeof InventoryService> {
  const { services } = createInventoryService({ db, clock: shop.clock, watching });
  return createClient(InventoryService, createDirectTransport({ services, interceptors: testInterceptors }));
}

function watch(request: MessageInitShape<typeof WatchStockRequestSchema>, on = client) {
  const controller = new AbortController();
  open.push(controller);
  const reading = readAll(on.watchStock(request, { signal: controller.signal }));
  const messages: WatchStockResponse[] = [];
  const got = () => {
    messages.push(...reading.take());
    return messages.map(({ levels }) =>
      Object.fromEntries(levels.map(({ sku, available }) => [sku, Number(available)])),
    );
  };
  return {
    got,
    gets: async (count: number) => {
      await waitFor(() => got().length >= count, { what: `message ${count}` });
      return got();
    },
    last: () => messages.at(-1),
    leave: () => controller.abort(),
    ended: reading.ended,
  };
}

const stock = (sku: string, onHand: number) => client.setStock({ sku, onHand: BigInt(onHand) }, as.staff);
const reserve = (reservationId: string, sku: string, quantity: number, seconds = 600) =>
  client.reserve(
    {
      reservationId,
      lines: [{ sku, quantity: BigInt(quantity) }],
      ttl: { seconds: BigInt(seconds), nanos: 0 },
    },
    order,
  );

test("first all SKUs, in one message, with times; then those that change", async () => {
  await stock("FIRST-A", 5);
  await stock("FIRST-B", 7);
  const watcher = watch({ skus: ["FIRST-B", "FIRST-A", "FIRST-NONE"] });
  expect(await watcher.gets(1)).toEqual([{ "FIRST-A": 5, "FIRST-B": 7, "FIRST-NONE": 0 }]);
  const levels = watcher.last()?.levels ?? [];
  expect(levels.map(({ sku, updateTime }) => [sku, updateTime !== undefined])).toEqual(
    expect.arrayContaining([
      ["FIRST-A", true],
      ["FIRST-NONE", false],
    ]),
  );
  const { updateTime } = await client.getStock({ sku: "FIRST-A" }, as.staff);
  const shown = levels.find(({ sku }) => sku === "FIRST-A")?.updateTime;
  expect(shown && timestampDate(shown)).toEqual(updateTime && timestampDate(updateTime));
  await stock("FIRST-NONE", 2);
  expect((await watcher.gets(2)).slice(1)).toEqual([{ "FIRST-NONE": 2 }]);
});

interface Change {
  what: string;
  change: (sku: string) => Promise<unknown>;
  /** What 10 on hand, 3 of them in a hold that is due in ten minutes and 2 in a due one, become. */
  available: number;
}

const changes: Change[] = [
  { what: "SetStock", change: (sku) => stock(sku, 20), available: 17 },
  {
    what: "AdjustStock",
    change: (sku) => client.adjustStock({ sku, delta: -1n, reason: "broken" }, as.staff),
    available: 6,
  },
  { what: "Reserve", change: (sku) => reserve(`${sku}-more`, sku, 1), available: 6 },
  {
    what: "Release",
    change: (sku) => client.release({ reservationId: `${sku}-held` }, order),
    available: 10,
  },
  {
    what: "Commit of a hold that was due",
    change: (sku) => client.commit({ reservationId: `${sku}-due` }, order),
    available: 5,
  },
  {
    what: "Extend of a hold that was due",
    change: (sku) => client.extend({ reservationId: `${sku}-due`, ttl: { seconds: 900n, nanos: 0 } }, order),
    available: 5,
  },
  {
    what: "Restock",
    change: async (sku) => {
      await client.commit({ reservationId: `${sku}-held` }, order);
      await client.restock({ reservationId: `${sku}-held` }, order);
    },
    available: 10,
  },
];

test.each(changes)("$what is seen at once", async ({ what, change, available }) => {
  const sku = `SEEN-${what.replaceAll(" ", "-")}`;
  await stock(sku, 10);
  await reserve(`${sku}-due`, sku, 2, 1);
  shop.advance(1_000);
  await reserve(`${sku}-held`, sku, 3);
  const watcher = watch({ skus: [sku] });
  expect(await watcher.gets(1)).toEqual([{ [sku]: 7 }]);
  await change(sku);
  await waitFor(() => watcher.got().at(-1)?.[sku] === available);
  expect(watcher.got()).toEqual([{ [sku]: 7 }, { [sku]: available }]);
});

test("so is what Reconcile repairs", async () => {
  await stock("REPAIRED", 10);
  await shop.database.db.execute(sql`update stock set on_hand = 100 where sku = 'REPAIRED'`);
  const watcher = watch({ skus: ["REPAIRED"] });
  expect(await watcher.gets(1)).toEqual([{ REPAIRED: 100 }]);
  await client.reconcile({ skus: ["REPAIRED"] }, as.staff);
  expect(await watcher.gets(2)).toEqual([{ REPAIRED: 100 }, { REPAIRED: 10 }]);
});

test("changes that leave as much as before are not told", async () => {
  await stock("SAME", 10);
  await reserve("same-due", "SAME", 2, 1);
  await reserve("same-held", "SAME", 3);
  shop.advance(1_000);
  const watcher = watch({ skus: ["SAME"] });
  expect(await watcher.gets(1)).toEqual([{ SAME: 7 }]);
  await sweepDueHolds(db, shop.clock());
  await client.commit({ reservationId: "same-held" }, order);
  await stock("SAME", 6);
  expect(await watcher.gets(2)).toEqual([{ SAME: 7 }, { SAME: 6 }]);
});

test("a hold that ends is seen although nothing was written: when all is looked at", async () => {
  const looking = serve({ feed, recheckMs: 20 });
  await stock("DUE", 5);
  await reserve("due", "DUE", 4);
  const watcher = watch({ skus: ["DUE"] }, looking);
  expect(await watcher.gets(1)).toEqual([{ DUE: 1 }]);
  shop.advance(600_000);
  expect(await watcher.gets(2)).toEqual([{ DUE: 1 }, { DUE: 5 }]);
});

test("and, when its end is near, at its time", async () => {
  await stock("NEAR", 5);
  await reserve("near", "NEAR", 4, 1);
  const watcher = watch({ skus: ["NEAR"] });
  expect(await watcher.gets(1)).toEqual([{ NEAR: 1 }]);
  // The clock stands still; the timer fires a second after the first reading all the same.
  shop.advance(1_000);
  expect(await watcher.gets(2)).toEqual([{ NEAR: 1 }, { NEAR: 5 }]);
});

test("who resumes is sent what changed in between, and nothing else", async () => {
  for (const sku of ["BREAK-A", "BREAK-B", "BREAK-C"]) await stock(sku, 10);
  const skus = ["BREAK-A", "BREAK-B", "BREAK-C"];
  const first = watch({ skus });
  await first.gets(1);
  await reserve("break", "BREAK-A", 1);
  expect(await first.gets(2)).toEqual([{ "BREAK-A": 10, "BREAK-B": 10, "BREAK-C": 10 }, { "BREAK-A": 9 }]);
  const lastEventId = first.last()?.eventId ?? "";
  first.leave();
  await first.ended;
  await stock("BREAK-B", 8);
  await stock("BREAK-C", 12);
  await stock("BREAK-C", 10);
  // Another replica, and the SKUs in another order.
  const second = watch({ skus: skus.reverse(), lastEventId }, serve({ feed, recheckMs: never }));
  expect(await second.gets(1)).toEqual([{ "BREAK-B": 8 }]);
  const third = watch({ skus, lastEventId: second.last()?.eventId ?? "" });
  await stock("BREAK-A", 3);
  expect(await third.gets(1)).toEqual([{ "BREAK-A": 2 }]);
  expect((await second.gets(2)).slice(1)).toEqual([{ "BREAK-A": 2 }]);
});

test("an id of other SKUs begins with the present", async () => {
  await stock("OTHER", 1);
  const other = watch({ skus: ["OTHER"] });
  await other.gets(1);
  const watcher = watch({ skus: ["OTHER", "OTHER-2"], lastEventId: other.last()?.eventId ?? "" });
  expect(await watcher.gets(1)).toEqual([{ OTHER: 1, "OTHER-2": 0 }]);
});

test("an id that is none: INVALID_ARGUMENT", async () => {
  const { ended } = watch({ skus: ["A"], lastEventId: "7" });
  expect(reasonOf(await ended)).toBe("INVALID_ARGUMENT");
});

test("all watchers share a statement, and none is sent when nothing changes", async () => {
  await stock("SHARED", 10);
  const watchers = Array.from({ length: 50 }, () => watch({ skus: ["SHARED"] }));
  for (const watcher of watchers) await watcher.gets(1);
  shop.statements.length = 0;
  await stock("SHARED", 9);
  for (const watcher of watchers) expect(await watcher.gets(2)).toEqual([{ SHARED: 10 }, { SHARED: 9 }]);
  expect(shop.statements.filter((text) => text.includes("nextExpiry"))).toHaveLength(1);
});

test("too many watchers: OVERLOADED, until one has left", async () => {
  const small = serve({ feed, recheckMs: never, maxWatchers: 1 });
  const first = watch({ skus: ["ROOM"] }, small);
  await first.gets(1);
  const err = ConnectError.from(await watch({ skus: ["ROOM"] }, small).ended);
  expect([err.code, reasonOf(err)]).toEqual([Code.ResourceExhausted, "OVERLOADED"]);
  first.leave();
  await first.ended;
  expect(await watch({ skus: ["ROOM"] }, small).gets(1)).toEqual([{ ROOM: 0 }]);
});

test("a process that stops sends its watchers elsewhere", async () => {
  const stopping = new LocalFeed();
  const watcher = watch({ skus: ["STOP"] }, serve({ feed: stopping, recheckMs: never }));
  await watcher.gets(1);
  stopping.stop();
  expect(ConnectError.from(await watcher.ended).code).toBe(Code.Unavailable);
});
