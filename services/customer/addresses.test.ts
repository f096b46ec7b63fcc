import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SavedAddress } from "../../gen/rowlock/customer/v1/customer_pb.js";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { maxAddresses } from "./profile.ts";
import { addressAt, openTestCustomers, type TestCustomers } from "./testing/shop.ts";

let shop: TestCustomers;
let ada: ReturnType<TestCustomers["signedIn"]>;
beforeAll(async () => {
  shop = await openTestCustomers();
});
afterAll(() => shop?.[Symbol.asyncDispose]());
beforeEach(() => {
  ada = shop.signedIn();
});

const add = (line1: string, more: { label?: string; default?: boolean; requestId?: string } = {}) =>
  shop.client.addAddress({ address: addressAt(line1), ...more }, ada.caller);
const replace = (addressId: string, line1: string, makeDefault = false) =>
  shop.client.replaceAddress(
    { addressId, address: addressAt(line1), label: "New", default: makeDefault },
    ada.caller,
  );
const remove = (addressId: string) => shop.client.removeAddress({ addressId }, ada.caller);
const list = async () => (await shop.client.listOwnAddresses({}, ada.caller)).addresses;
/** The streets, the default one marked. */
const streets = async () => (await list()).map(show);
const show = ({ address, default: isDefault }: SavedAddress) => `${address?.line1}${isDefault ? " *" : ""}`;

test("the first address is the default one; another becomes it when it is asked for", async () => {
  const first = await add("1", { label: "Home" });
  expect(first).toMatchObject({ label: "Home", default: true, address: addressAt("1") });
  expect(first.id).toMatch(/^adr_/);
  await add("2");
  expect(await streets()).toEqual(["1 *", "2"]);
  await add("3", { default: true });
  await add("4");
  expect(await streets()).toEqual(["3 *", "4", "2", "1"]);
});

test("an address is replaced as a whole, and stays the default one", async () => {
  const first = await add("1", { label: "Home" });
  const second = await add("2");
  expect(await replace(first.id, "one")).toEqual({
    ...first,
    label: "New",
    address: { ...first.address, line1: "one" },
  });
  expect(await streets()).toEqual(["one *", "2"]);
  await replace(second.id, "two", true);
  expect(await streets()).toEqual(["two *", "one"]);
  await replace(second.id, "two", true);
  expect(await streets()).toEqual(["two *", "one"]);
});

test("the newest follows a default address that is removed", async () => {
  const first = await add("1");
  await add("2");
  const third = await add("3");
  await remove(first.id);
  expect(await streets()).toEqual(["3 *", "2"]);
  await remove(first.id);
  expect(await streets()).toEqual(["3 *", "2"]);
  await remove(third.id);
  expect(await streets()).toEqual(["2 *"]);
  await remove((await list())[0]?.id ?? "");
  expect(await streets()).toEqual([]);
});

test("nobody reaches another's addresses", async () => {
  const { id } = await add("1");
  const bob = shop.signedIn();
  const adas = ada;
  ada = bob;
  expect(await streets()).toEqual([]);
  const missing = { reason: "ADDRESS_NOT_FOUND", metadata: { address_id: id } };
  expect(await outcomeOf(replace(id, "Bob's", true))).toMatchObject(missing);
  await remove(id);
  ada = adas;
  expect(await streets()).toEqual(["1 *"]);
});

test("replacing what is not there changes nothing, not even the default one", async () => {
  await add("1");
  expect(await outcomeOf(replace("adr_none", "2", true))).toMatchObject({ reason: "ADDRESS_NOT_FOUND" });
  expect(await streets()).toEqual(["1 *"]);
});

describe("a repeated key", () => {
  test("gets the first answer, and adds nothing", async () => {
    const first = await add("1", { requestId: "k" });
    expect(await add("1", { requestId: "k" })).toEqual(first);
    expect(await outcomeOf(add("2", { requestId: "k" }))).toMatchObject({ reason: "REQUEST_ID_REUSED" });
    expect(await streets()).toEqual(["1 *"]);
  });

  test("of a removal does not remove what became the default one", async () => {
    const { id: addressId } = await add("1");
    await add("2");
    for (let time = 0; time < 2; time++) {
      await shop.client.removeAddress({ addressId, requestId: "k" }, ada.caller);
    }
    expect(await streets()).toEqual(["2 *"]);
  });
});

test("an address book is full at 50, also when many come at once", async () => {
  for (let n = 0; n < maxAddresses - 3; n++) await add(String(n));
  const outcomes = await Promise.all(Array.from({ length: 12 }, (_, n) => outcomeOf(add(`late ${n}`))));
  const refused = outcomes.filter((each) => !("answer" in (each as object)));
  expect(refused).toHaveLength(9);
  for (const each of refused)
    expect(each).toMatchObject({ reason: "ADDRESS_BOOK_FULL", metadata: { limit: "50" } });
  expect(await list()).toHaveLength(maxAddresses);
  await remove((await list())[7]?.id ?? "");
  await add("room again");
});

test("at any time exactly one is the default one: additions, replacements and removals at once", async () => {
  const saved = [];
  for (let n = 0; n < 6; n++) saved.push(await add(String(n)));
  const watched: number[] = [];
  const changes = saved.flatMap(({ id }, n) => [
    replace(id, `r${n}`, true),
    add(`a${n}`, { default: true }),
    ...(n < 3 ? [remove(id)] : []),
    list().then((addresses) => watched.push(addresses.filter((each) => each.default).length)),
  ]);
  const outcomes = await Promise.all(changes.map((change) => outcomeOf(change)));
  const refused = outcomes.filter((each) => !("answer" in (each as object)));
  for (const each of refused) expect(each).toMatchObject({ reason: "ADDRESS_NOT_FOUND" });
  expect(watched).toEqual(Array(saved.length).fill(1));
  expect((await list()).filter((each) => each.default)).toHaveLength(1);
  expect(await list()).toHaveLength(9);
});

test("of many first addresses at once one is the default one", async () => {
  await Promise.all(Array.from({ length: 8 }, (_, n) => add(String(n))));
  expect((await list()).filter((each) => each.default)).toHaveLength(1);
  expect(await list()).toHaveLength(8);
});
