import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FieldMaskSchema, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.js";
import { CustomerSchema } from "../../gen/rowlock/customer/v1/customer_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { accountOf, addressAt, gateway, openTestCustomers, type TestCustomers } from "./testing/shop.ts";

let shop: TestCustomers;
let ada: ReturnType<TestCustomers["signedIn"]>;
beforeAll(async () => {
  shop = await openTestCustomers();
});
afterAll(() => shop?.[Symbol.asyncDispose]());
beforeEach(() => {
  ada = shop.signedIn();
  shop.advance(1_000);
});

const record = (more: Parameters<typeof accountOf>[1] = {}) =>
  shop.client.recordAccount(accountOf(ada.id, more), gateway);
const read = () => shop.client.getOwnProfile({}, ada.caller);
const update = (customer: MessageInitShape<typeof CustomerSchema>, paths: string[], requestId = "") =>
  shop.client.updateOwnProfile(
    { customer: create(CustomerSchema, customer), updateMask: create(FieldMaskSchema, { paths }), requestId },
    ada.caller,
  );

test.each<[string, (options: object) => Promise<unknown>]>([
  ["GetOwnProfile", (options) => shop.client.getOwnProfile({}, options)],
  [
    "UpdateOwnProfile",
    (options) =>
      shop.client.updateOwnProfile(
        { customer: {}, updateMask: create(FieldMaskSchema, { paths: ["name"] }) },
        options,
      ),
  ],
  ["ListOwnAddresses", (options) => shop.client.listOwnAddresses({}, options)],
  ["AddAddress", (options) => shop.client.addAddress({ address: addressAt("1") }, options)],
  [
    "ReplaceAddress",
    (options) => shop.client.replaceAddress({ addressId: "a", address: addressAt("1") }, options),
  ],
  ["RemoveAddress", (options) => shop.client.removeAddress({ addressId: "a" }, options)],
  ["ExportOwnData", (options) => shop.client.exportOwnData({}, options)],
  ["EraseOwnData", (options) => shop.client.eraseOwnData({}, options)],
])("%s is for customers alone", async (_, call) => {
  for (const caller of [as.guest("a token"), as.guest(ada.id), as.staff, as.service("order")]) {
    expect(await outcomeOf(call(caller))).toMatchObject({ reason: "ACCOUNT_REQUIRED" });
  }
  expect(await outcomeOf(call({}))).toMatchObject({ reason: "UNAUTHENTICATED" });
});

describe("a profile", () => {
  test("of which nothing is known is empty, and can be changed", async () => {
    expect(await read()).toEqual(create(CustomerSchema, { id: ada.id, etag: "0" }));
    const changed = await update({ name: "Ada", etag: "0" }, ["name"]);
    expect(changed).toMatchObject({ id: ada.id, name: "Ada", email: "" });
    expect(await read()).toEqual(changed);
  });

  test("has what the account says, and what the customer has changed", async () => {
    const createTime = timestampFromDate(new Date("2025-12-24T00:00:00Z"));
    const recorded = await record({ name: "A. Lovelace", emailVerified: true, createTime });
    expect(recorded).toMatchObject({
      id: ada.id,
      email: `${ada.id}@example.com`,
      emailVerified: true,
      name: "A. Lovelace",
      createTime,
    });
    const fields = { name: "Ada", phone: "+14155550123", language: "de-CH", acceptsMarketing: true };
    const updated = await update(fields, ["name", "phone", "language", "accepts_marketing"]);
    expect(updated).toEqual({ ...recorded, ...fields, etag: updated.etag, updateTime: updated.updateTime });
    expect(updated.etag).not.toBe(recorded.etag);
    expect(await read()).toEqual(updated);
  });

  test("is not changed by an account that says what it said", async () => {
    const createTime = timestampFromDate(new Date("2025-12-24T00:00:00Z"));
    const first = await record({ name: "Ada", createTime });
    shop.advance(1_000);
    expect(await record({ name: "Ada", createTime })).toEqual(first);
    await update({ name: "Countess" }, ["name"]);
    const kept = await record({ name: "Ada", createTime });
    expect(kept.name).toBe("Countess");
    expect(await record()).toEqual(kept);
  });

  test("follows the account's e-mail address", async () => {
    const first = await record();
    const moved = await record({ email: "new@example.com", emailVerified: true });
    expect(moved).toMatchObject({ email: "new@example.com", emailVerified: true });
    expect(moved.etag).not.toBe(first.etag);
  });

  test.each([
    ["an unknown path", ["nickname"], /nickname/],
    ["an output-only path", ["name", "email"], /email/],
    ["a path of another spelling", ["acceptsMarketing"], /acceptsMarketing/],
    ["a property of objects", ["constructor"], /constructor/],
    ["no path", [], /no field/],
    ["the etag alone", ["etag"], /no field/],
  ])("is not changed by %s", async (_, paths, description) => {
    const before = await read();
    expect(await outcomeOf(update({ name: "New" }, paths))).toMatchObject({
      reason: "UPDATE_MASK_INVALID",
      metadata: { description: expect.stringMatching(description) as string },
    });
    expect(await read()).toEqual(before);
  });

  test.each<[MessageInitShape<typeof CustomerSchema>, string]>([
    [{ name: "x".repeat(201) }, "name"],
    [{ phone: "0041" }, "phone"],
    [{ language: "German" }, "language"],
  ])("is held to the contract: %j", async (customer, field) => {
    const err = await update(customer, [field]).catch((caught: unknown) => caught);
    expect(reasonOf(err)).toBe("INVALID_ARGUMENT");
    const violations = (err as ConnectError)
      .findDetails(BadRequestSchema)
      .flatMap((each) => each.fieldViolations);
    expect(violations.map((each) => each.field)).toEqual([`customer.${field}`]);
  });

  test("only what the mask names counts, and is looked at", async () => {
    const updated = await update({ name: "Ada", phone: "no number" }, ["name"]);
    expect(updated).toMatchObject({ name: "Ada", phone: "" });
    expect(
      await outcomeOf(shop.client.updateOwnProfile({ customer: { name: "x" } }, ada.caller)),
    ).toMatchObject({
      reason: "INVALID_ARGUMENT",
      metadata: { field: "update_mask" },
    });
  });

  test("a stale etag is refused, the present one accepted", async () => {
    const { etag } = await record();
    const second = await update({ name: "Second", etag }, ["name", "etag"]);
    expect(await outcomeOf(update({ name: "Third", etag }, ["name"]))).toMatchObject({
      reason: "ETAG_MISMATCH",
      metadata: { etag: second.etag },
    });
    expect(await read()).toEqual(second);
  });

  test("a repeated key gets the first answer; with another request it is refused", async () => {
    const { etag } = await record();
    const first = await update({ name: "One", etag }, ["name"], "key");
    expect(await update({ name: "One", etag }, ["name"], "key")).toEqual(first);
    expect(await outcomeOf(update({ name: "Two" }, ["name"], "key"))).toMatchObject({
      reason: "REQUEST_ID_REUSED",
    });
    // Another customer's keys are the other's.
    ada = shop.signedIn();
    expect((await update({ name: "Two" }, ["name"], "key")).name).toBe("Two");
  });

  test("of many updates with one etag exactly one is made", async () => {
    const { etag } = await record();
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, n) => outcomeOf(update({ name: `Name ${n}`, etag }, ["name"]))),
    );
    const lost = outcomes.filter((each) => !("answer" in (each as object)));
    expect(lost).toHaveLength(11);
    for (const each of lost) expect(each).toMatchObject({ reason: "ETAG_MISMATCH" });
  });

  test("first writes at once, of account and customer, lose nothing", async () => {
    await Promise.all([
      record({ name: "Account" }),
      update({ phone: "+14155550123" }, ["phone"]),
      update({ language: "fr" }, ["language"]),
      shop.client.addAddress({ address: addressAt("1 First St") }, ada.caller),
    ]);
    expect(await read()).toMatchObject({
      email: `${ada.id}@example.com`,
      phone: "+14155550123",
      language: "fr",
    });
  });
});

describe("for staff", () => {
  test("GetCustomer returns a customer, or says that there is none", async () => {
    const recorded = await record();
    expect(await shop.client.getCustomer({ customerId: ada.id }, as.staff)).toEqual(recorded);
    const customerId = "cus_nobody";
    expect(await outcomeOf(shop.client.getCustomer({ customerId }, as.staff))).toMatchObject({
      reason: "CUSTOMER_NOT_FOUND",
      metadata: { customer_id: customerId },
    });
    expect(await outcomeOf(shop.client.getCustomer({ customerId: ada.id }, ada.caller))).toMatchObject({
      reason: "PERMISSION_DENIED",
    });
  });

  test("ListCustomers has pages, the newest first, that meet without a gap", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      ada = shop.signedIn();
      await record();
      ids.unshift(ada.id);
    }
    const list = async (pageSize: number, pageToken = "") => {
      const page = await shop.client.listCustomers({ pageSize, pageToken }, as.staff);
      return { ids: page.customers.map(({ id }) => id), pageToken: page.nextPageToken };
    };
    const one = await list(2);
    const two = await list(3, one.pageToken);
    expect([...one.ids, ...two.ids]).toEqual(ids);
  });

  test("ListCustomers finds an e-mail address in whatever case, and nobody without one", async () => {
    await record({ email: "Ada@Example.com" });
    const find = async (email: string) =>
      (await shop.client.listCustomers({ email }, as.staff)).customers.map(({ id }) => id);
    expect(await find("aDA@example.COM")).toEqual([ada.id]);
    expect(await find("ada@example")).toEqual([]);
    const { nextPageToken: pageToken } = await shop.client.listCustomers({ pageSize: 1 }, as.staff);
    expect(await outcomeOf(shop.client.listCustomers({ email: "x", pageToken }, as.staff))).toMatchObject({
      reason: "PAGE_TOKEN_INVALID",
    });
  });
});
