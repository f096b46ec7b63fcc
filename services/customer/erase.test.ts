import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { storedText } from "../../lib/testing/stored-text.ts";
import { accountOf, addressAt, gateway, openTestCustomers, type TestCustomers } from "./testing/shop.ts";

let shop: TestCustomers;
let ada: ReturnType<TestCustomers["signedIn"]>;
beforeAll(async () => {
  shop = await openTestCustomers();
});
afterAll(() => shop?.[Symbol.asyncDispose]());
beforeEach(async () => {
  shop.broken.clear();
  shop.jobs.length = 0;
  shop.erased.length = 0;
  shop.orders.length = 0;
  shop.advance(1_000);
  ada = shop.signedIn();
  await shop.client.recordAccount(accountOf(ada.id, { name: "Ada Lovelace" }), gateway);
  await shop.client.addAddress({ address: addressAt("12 St James's Square"), requestId: "k" }, ada.caller);
});

const erase = (requestId = "") => shop.client.eraseOwnData({ requestId }, ada.caller);
const eraseAsStaff = (customerId = ada.id, requestId = "") =>
  shop.client.eraseCustomer({ customerId, requestId }, as.staff);
const order = (id: string, state: Order_State, owner = ada.id) => shop.orders.push({ id, owner, state });
const personal = /Ada Lovelace|St James|@example\.com/;
/** What is stored of the customer. */
const rows = async () => (await storedText(shop.db)).split("\n").filter((row) => row.includes(ada.id));

test("everything goes, step by step, and a tombstone stays", async () => {
  order("ord_1", Order_State.FULFILLED);
  order("ord_2", Order_State.CANCELED);
  order("ord_3", Order_State.FULFILLED, "cus_other");
  expect((await rows()).join("\n")).toMatch(personal);
  const asked = await erase();
  expect(asked).toMatchObject({ customerId: ada.id });
  expect(asked.requestTime).toBeDefined();
  expect(asked.completeTime).toBeUndefined();
  shop.advance(1_000);
  await shop.work();
  const steps = [
    "eraseOrders",
    "erasePayments",
    "eraseShipments",
    "eraseMessages",
    "eraseEvents",
    "erasePayments",
    "eraseStockNotices",
    "eraseMessages",
    "eraseCarts",
    "deleteAccount",
  ];
  const orders = "ord_1,ord_2";
  const address = `${ada.id}@example.com`;
  const given = [ada.id, orders, orders, orders, orders, ada.id, address, address, ada.id, ada.id];
  expect(shop.erased).toEqual(steps.map((step, n) => `${step} ${given[n]}`));
  const done = await eraseAsStaff();
  expect(done.requestTime).toEqual(asked.requestTime);
  expect(done.completeTime?.seconds).toBe((asked.requestTime?.seconds ?? 0n) + 1n);
  const left = await rows();
  expect(left).toHaveLength(1);
  expect(left[0]).toMatch(/^customer\.erasure /);
});

test("it is done once more later, which changes nothing more", async () => {
  await erase();
  await shop.work();
  expect(shop.jobs).toMatchObject([{ data: { customerId: ada.id }, startAfter: 900 }]);
  const done = await eraseAsStaff();
  shop.advance(1_000);
  await shop.work();
  expect(shop.erased.filter((step) => step === `deleteAccount ${ada.id}`)).toHaveLength(2);
  expect(shop.jobs).toEqual([]);
  expect(await eraseAsStaff()).toEqual(done);
});

test("what is written by a session that outlived the account goes with it", async () => {
  await erase();
  await shop.work();
  // As a write that had begun before the erasure was noted.
  await shop.db.execute({
    text: "insert into profile (id, name, create_time, update_time) values ($1, 'Ada Lovelace', now(), now())",
    values: [ada.id],
    name: undefined,
  });
  await shop.work();
  expect(await rows()).toHaveLength(1);
});

describe("a step that fails", () => {
  test.each([
    "eraseOrders",
    "erasePayments",
    "eraseShipments",
    "eraseEvents",
    "eraseStockNotices",
    "eraseMessages",
    "eraseCarts",
    "deleteAccount",
  ])("%s: all is kept until it is done, by the next attempt", async (step) => {
    order("ord_1", Order_State.FULFILLED);
    await erase();
    shop.broken.add(step);
    await shop.work();
    expect(shop.jobs).toHaveLength(1);
    expect((await erase()).completeTime).toBeUndefined();
    expect((await rows()).join("\n")).toMatch(personal);
    shop.broken.clear();
    await shop.work();
    expect((await eraseAsStaff()).completeTime).toBeDefined();
    expect((await rows()).join("\n")).not.toMatch(personal);
    expect(new Set(shop.erased.map((each) => each.split(" ")[0])).size).toBe(8);
  });

  test("the last one, of this service: the job is tried again", async () => {
    await erase();
    const lock = "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$";
    const statements = [lock, "create trigger refuse before delete on profile execute function refuse()"];
    for (const text of statements) await shop.db.execute({ text, values: [], name: undefined });
    await shop.work();
    expect(shop.jobs).toHaveLength(1);
    expect((await erase()).completeTime).toBeUndefined();
    await shop.db.execute({ text: "drop function refuse cascade", values: [], name: undefined });
    await shop.work();
    expect((await eraseAsStaff()).completeTime).toBeDefined();
  });
});

describe("an open order", () => {
  test.each([Order_State.PENDING_PAYMENT, Order_State.PAID])(
    "in state %s refuses it at once",
    async (state) => {
      order("ord_1", Order_State.FULFILLED);
      order("ord_2", state);
      const open = { reason: "ORDERS_OPEN", metadata: { order_id: "ord_2" } };
      expect(await outcomeOf(erase())).toMatchObject(open);
      expect(await outcomeOf(eraseAsStaff())).toMatchObject(open);
      expect(shop.jobs).toEqual([]);
      // Nothing has begun: the customer goes on.
      await shop.client.addAddress({ address: addressAt("2") }, ada.caller);
    },
  );

  test("that is placed meanwhile has the job wait for its end", async () => {
    await erase();
    order("ord_1", Order_State.PAID);
    await shop.work();
    expect(shop.erased).toEqual([]);
    expect((await erase()).completeTime).toBeUndefined();
    order("ord_2", Order_State.EXPIRED);
    Object.assign(shop.orders[0] ?? {}, { state: Order_State.FULFILLED });
    await shop.work();
    expect(shop.erased).toContain("eraseMessages ord_1,ord_2");
    expect((await eraseAsStaff()).completeTime).toBeDefined();
  });
});

test("more orders than one call names are named by several", async () => {
  for (let n = 0; n < 501; n++) order(`ord_${n}`, Order_State.FULFILLED);
  await erase();
  await shop.work();
  const named = shop.erased
    .filter((step) => step.startsWith("erasePayments ord_"))
    .map((step) => step.split(",").length);
  expect(named).toEqual([200, 200, 101]);
});

test("from when it is asked for, nothing more is recorded", async () => {
  const required = { reason: "ACCOUNT_REQUIRED" };
  const updateMask = create(FieldMaskSchema, { paths: ["name"] });
  for (const settle of [async () => undefined, () => shop.work()]) {
    await erase();
    await settle();
    const added = shop.client.addAddress({ address: addressAt("2") }, ada.caller);
    expect(await outcomeOf(added)).toMatchObject(required);
    const updated = shop.client.updateOwnProfile({ customer: { name: "A" }, updateMask }, ada.caller);
    expect(await outcomeOf(updated)).toMatchObject(required);
    expect(await outcomeOf(shop.client.recordAccount(accountOf(ada.id), gateway))).toMatchObject({
      reason: "CUSTOMER_ERASED",
      metadata: { customer_id: ada.id },
    });
  }
  expect(await rows()).toHaveLength(1);
});

test("of many at once one begins it, and all are answered the same", async () => {
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, () => erase()),
    ...Array.from({ length: 6 }, (_, n) => eraseAsStaff(ada.id, `k${n % 2}`)),
  ]);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(shop.jobs).toHaveLength(1);
});

test("a key is for one customer", async () => {
  await eraseAsStaff(ada.id, "key");
  expect(await eraseAsStaff(ada.id, "key")).toMatchObject({ customerId: ada.id });
  const bob = shop.signedIn();
  await shop.client.recordAccount(accountOf(bob.id), gateway);
  expect(await outcomeOf(eraseAsStaff(bob.id, "key"))).toMatchObject({ reason: "REQUEST_ID_REUSED" });
  // A repetition says how far it is by now.
  await shop.work();
  expect((await eraseAsStaff(ada.id, "key")).completeTime).toBeDefined();
});

test("staff erase nobody who is not there; a customer need not be known", async () => {
  const nobody = shop.signedIn();
  expect(await outcomeOf(eraseAsStaff(nobody.id))).toMatchObject({
    reason: "CUSTOMER_NOT_FOUND",
    metadata: { customer_id: nobody.id },
  });
  await shop.client.eraseOwnData({}, nobody.caller);
  await shop.work();
  expect(shop.erased).toContain(`deleteAccount ${nobody.id}`);
  expect((await eraseAsStaff(nobody.id)).completeTime).toBeDefined();
});
