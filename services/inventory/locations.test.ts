import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
beforeAll(async () => {
  shop = await openTestInventory();
  await shop.location("near", 10);
  await shop.location("far", -10);
});
afterAll(async () => {
  expect(await shop.mismatches()).toEqual([]);
  await shop[Symbol.asyncDispose]();
});

const order = as.service("order");
const set = (sku: string, locationId: string, onHand: bigint, backorderLimit = 0n) =>
  shop.client.setStock({ sku, locationId, onHand, backorderLimit }, as.staff);
/** What is reserved of a SKU, by location. */
const heldOf = async (sku: string) => {
  const { holds } = await shop.client.explainAvailability({ sku }, as.staff);
  return Object.fromEntries(holds.map(({ locationId, quantity }) => [locationId, quantity]));
};
const onHandOf = async (sku: string) => {
  const { stock } = await shop.client.explainAvailability({ sku }, as.staff);
  return Object.fromEntries(stock.map(({ locationId, onHand }) => [locationId, onHand]));
};
const availableOf = async (sku: string) => {
  const lines = [{ sku, quantity: 1n }];
  return (await shop.client.checkAvailability({ lines }, as.guest("g"))).lines[0]?.available;
};
const pause = (id: string, paused: boolean) =>
  shop.client.updateLocation(
    { location: { id, paused }, updateMask: create(FieldMaskSchema, { paths: ["paused"] }) },
    as.staff,
  );

describe("locations", () => {
  test("main is there from the beginning; they are listed by priority", async () => {
    const { locations } = await shop.client.listLocations({}, as.staff);
    expect(locations.map(({ id, name, priority }) => [id, name, priority])).toEqual([
      ["near", "near", 10],
      ["main", "Main", 0],
      ["far", "far", -10],
    ]);
  });

  test("an id is taken once, and a repeated call is the same call", async () => {
    const location = { id: "attic", name: "Attic", priority: -100 };
    const make = (requestId: string) => shop.client.createLocation({ location, requestId }, as.staff);
    const made = await make("k1");
    expect(made).toMatchObject({ ...location, paused: false });
    expect(await make("k1")).toEqual(made);
    expect(await failureOf(make(""))).toSatisfy((err) => reasonOf(err) === "LOCATION_EXISTS");
    const other = shop.client.createLocation(
      { location: { ...location, name: "X" }, requestId: "k1" },
      as.staff,
    );
    expect(reasonOf(await failureOf(other))).toBe("REQUEST_ID_REUSED");
  });

  test("of many who make it at once, one does", async () => {
    const make = () => shop.client.createLocation({ location: { id: "race", name: "Race" } }, as.staff);
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, make));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("what the mask names is changed, and nothing else", async () => {
    const update = (location: object, paths: string[], requestId = "") =>
      shop.client.updateLocation(
        { location: { id: "attic", ...location }, updateMask: create(FieldMaskSchema, { paths }), requestId },
        as.staff,
      );
    const named = { name: "Loft", priority: 5, paused: true };
    expect(await update(named, ["name"])).toMatchObject({ name: "Loft", priority: -100, paused: false });
    expect(await update({ priority: -200 }, ["priority"], "k2")).toMatchObject({ priority: -200 });
    expect(await update({ priority: -200 }, ["priority"], "k2")).toMatchObject({ priority: -200 });
    expect(reasonOf(await failureOf(update({}, ["id"])))).toBe("UPDATE_MASK_INVALID");
    expect(reasonOf(await failureOf(update({}, [])))).toBe("UPDATE_MASK_INVALID");
    expect(reasonOf(await failureOf(update({ id: "nowhere" }, ["paused"])))).toBe("LOCATION_NOT_FOUND");
    expect(reasonOf(await failureOf(update({ name: "" }, ["name"])))).toBe("INVALID_ARGUMENT");
    expect(reasonOf(await failureOf(update({ priority: 5000 }, ["priority"])))).toBe("INVALID_ARGUMENT");
    expect(reasonOf(await failureOf(update({ id: "" }, ["paused"])))).toBe("INVALID_ARGUMENT");
  });

  test("no stock is kept where there is no location", async () => {
    expect(reasonOf(await failureOf(set("LOST", "nowhere", 1n)))).toBe("LOCATION_NOT_FOUND");
    expect(reasonOf(await failureOf(shop.client.getStock({ sku: "LOST" }, as.staff)))).toBe(
      "STOCK_NOT_FOUND",
    );
  });
});

describe("a reservation takes", () => {
  /** On hand and backorder limit by SKU, then location. */
  type Stocked = Record<string, Record<string, readonly [bigint, bigint?]>>;
  test.each<[string, Stocked, Record<string, number>, Record<string, Record<string, bigint>>]>([
    [
      "all from the highest priority that has all",
      { A: { near: [2n], main: [9n], far: [9n] } },
      { A: 3 },
      { A: { main: 3n } },
    ],
    [
      "both lines from the one location that has both",
      { A: { near: [9n], far: [9n] }, B: { main: [9n], far: [9n] } },
      { A: 1, B: 1 },
      { A: { far: 1n }, B: { far: 1n } },
    ],
    [
      "one line from several, the highest priority first, when none has all",
      { A: { near: [2n], main: [3n], far: [4n] } },
      { A: 5 },
      { A: { near: 2n, main: 3n } },
    ],
    [
      "the rest from the one that has all of it",
      { A: { near: [2n], main: [3n], far: [4n] } },
      { A: 6 },
      { A: { near: 2n, far: 4n } },
    ],
    [
      "each line from where it is",
      { A: { near: [1n] }, B: { far: [1n] } },
      { A: 1, B: 1 },
      { A: { near: 1n }, B: { far: 1n } },
    ],
    [
      "what is on hand before what may be sold beyond",
      { A: { near: [0n, 9n], far: [2n] } },
      { A: 2 },
      { A: { far: 2n } },
    ],
    [
      "beyond that only what is not on hand anywhere",
      { A: { near: [1n, 9n], main: [1n, 0n], far: [1n, 9n] } },
      { A: 5 },
      { A: { near: 3n, main: 1n, far: 1n } },
    ],
    [
      "nothing but what there is when it takes all",
      { A: { near: [1n, 1n], far: [1n, 1n] } },
      { A: 4 },
      { A: { near: 2n, far: 2n } },
    ],
  ])("%s", async (name, stocked, lines, want) => {
    const prefix = `${name.replaceAll(/\W/g, "-")}-`.slice(0, 50);
    for (const [sku, places] of Object.entries(stocked)) {
      for (const [location, [onHand, limit]] of Object.entries(places)) {
        await set(prefix + sku, location, onHand, limit);
      }
    }
    const asked = Object.fromEntries(Object.entries(lines).map(([sku, units]) => [prefix + sku, units]));
    await shop.reserve(prefix, asked);
    const held = await Promise.all(Object.keys(lines).map(async (sku) => [sku, await heldOf(prefix + sku)]));
    expect(Object.fromEntries(held)).toEqual(want);
    const reservation = await shop.client.getReservation({ reservationId: prefix }, as.staff);
    expect(Object.fromEntries(reservation.lines.map(({ sku, quantity }) => [sku, Number(quantity)]))).toEqual(
      asked,
    );
  });
});

describe("units of several locations", () => {
  test("are sold, come back to where they were, and are counted together", async () => {
    await set("BOTH", "near", 2n);
    await set("BOTH", "far", 3n);
    expect(await availableOf("BOTH")).toBe(5n);
    await shop.reserve("both", { BOTH: 4 });
    await shop.client.extend({ reservationId: "both", ttl: { seconds: 1200n, nanos: 0 } }, order);
    await shop.client.commit({ reservationId: "both" }, order);
    expect(await onHandOf("BOTH")).toEqual({ near: 0n, far: 1n });
    const { items } = await shop.client.reportStock({ skus: ["BOTH"] }, as.staff);
    expect(items).toMatchObject([{ onHand: 1n, available: 1n }]);
    await shop.client.restock({ reservationId: "both" }, order);
    await shop.client.restock({ reservationId: "both" }, order);
    expect(await onHandOf("BOTH")).toEqual({ near: 2n, far: 3n });
  });

  test("are given back, and expire, everywhere", async () => {
    await set("FREED", "near", 2n);
    await set("FREED", "far", 3n);
    await shop.reserve("freed-1", { FREED: 5 });
    await shop.client.release({ reservationId: "freed-1" }, order);
    expect(await heldOf("FREED")).toEqual({});
    await shop.reserve("freed-2", { FREED: 5 }, 60);
    shop.advance(60_000);
    expect(await availableOf("FREED")).toBe(5n);
    await shop.reserve("freed-3", { FREED: 5 }, 60);
    shop.advance(60_000);
    await shop.sweep();
    expect(await heldOf("FREED")).toEqual({});
    const { state } = await shop.client.getReservation({ reservationId: "freed-3" }, as.staff);
    expect(state).toBe(4);
  });

  test("a shortage tells of all that is left", async () => {
    await set("FEW", "near", 1n);
    await set("FEW", "far", 1n);
    const err = await failureOf(shop.reserve("few", { FEW: 3 }) as Promise<unknown>);
    expect(errorInfo(err)).toMatchObject({ reason: "INSUFFICIENT_STOCK", metadata: { available: "2" } });
  });

  test("a repeated call is answered with its lines, as it asked for them", async () => {
    await set("AGAIN", "near", 1n);
    await set("AGAIN", "far", 1n);
    const first = await shop.reserve("again", { AGAIN: 2 });
    expect(await shop.reserve("again", { AGAIN: 2 })).toEqual(first);
    expect(reasonOf(await failureOf(shop.reserve("again", { AGAIN: 1 }) as Promise<unknown>))).toBe(
      "RESERVATION_MISMATCH",
    );
  });
});

test("from where sales are paused nothing is sold; what is held there stays", async () => {
  await shop.location("booth", 100);
  await set("STALL", "booth", 5n);
  await set("STALL", "far", 1n);
  await shop.reserve("stall-1", { STALL: 2 });
  expect(await heldOf("STALL")).toEqual({ booth: 2n });
  await pause("booth", true);
  expect(await availableOf("STALL")).toBe(1n);
  await shop.reserve("stall-2", { STALL: 1 });
  expect(reasonOf(await failureOf(shop.reserve("stall-3", { STALL: 1 }) as Promise<unknown>))).toBe(
    "INSUFFICIENT_STOCK",
  );
  await shop.client.commit({ reservationId: "stall-1" }, order);
  expect(await onHandOf("STALL")).toEqual({ booth: 3n, far: 1n });
  const { items } = await shop.client.reportStock({ skus: ["STALL"] }, as.staff);
  expect(items).toMatchObject([{ onHand: 4n, reserved: 1n, available: 0n }]);
  await pause("booth", false);
  expect(await availableOf("STALL")).toBe(3n);
});

test("400 buyers of 100 units at two locations: exactly 100 hold one", async () => {
  await set("HOT", "near", 37n);
  await set("HOT", "far", 63n);
  const buyers = Array.from({ length: 400 }, (_, i) => shop.reserve(`hot-${i}`, { HOT: 1 }));
  const outcomes = await Promise.allSettled(buyers);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(100);
  const short = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [reasonOf(outcome.reason)] : [],
  );
  expect(new Set(short)).toEqual(new Set(["INSUFFICIENT_STOCK"]));
  expect(await availableOf("HOT")).toBe(0n);
});

test("a reservation costs as many statements at several locations as at one", async () => {
  await shop.stock("ONE", 5n);
  await set("TWO", "near", 1n);
  await set("TWO", "far", 5n);
  const cost = async (id: string, lines: Record<string, number>) => {
    const before = shop.statements.length;
    await shop.reserve(id, lines);
    return shop.statements.length - before;
  };
  expect(await cost("cost-1", { ONE: 2 })).toBe(5);
  expect(await cost("cost-2", { TWO: 3 })).toBe(5);
});
