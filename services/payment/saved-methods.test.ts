import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { asPrincipal } from "../../lib/rpc/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { storedText } from "../../lib/testing/stored-text.ts";
import { sweepMethods } from "./saved-method.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.cards.before = {};
  shop.cards.after = {};
});

const customer = (id: string) => asPrincipal({ kind: "customer", id });
const save = (paymentId: string, customerId: string, paymentMethod = "pm_card_visa") =>
  shop.pay(paymentId, {
    customerId,
    method: { case: "card", value: { paymentMethod, savePaymentMethod: true } },
  });
const payWith = (paymentId: string, customerId: string, savedPaymentMethodId: string) =>
  shop.pay(paymentId, { customerId, method: { case: "card", value: { savedPaymentMethodId } } });
const list = async (id: string) => (await shop.client.listPaymentMethods({}, customer(id))).paymentMethods;
const remove = (id: string, paymentMethodId: string, requestId = "") =>
  shop.client.deletePaymentMethod({ paymentMethodId, requestId }, customer(id));
const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (err: unknown) => err,
  );
const calls = (name: string, id?: string) =>
  shop.cards.calls.filter((call) => call.name === name && (id === undefined || call.id === id)).length;
const chargeOf = (paymentId: string) => shop.cards.charges.get(`pi_${paymentId}`);
/** The id of the only method of a customer. */
const only = async (id: string) => {
  const [method, ...others] = await list(id);
  expect(others).toEqual([]);
  return method?.id ?? "";
};

test("a card is saved once it has paid: brand, last digits and expiry are shown, and nothing else", async () => {
  expect((await save("sav-1", "cus_1")).state).toBe(Payment_State.AUTHORIZED);
  const methods = await list("cus_1");
  expect(methods).toMatchObject([
    { id: expect.stringMatching(/^pmt_/), brand: "visa", last4: "4242", expiryMonth: 12, expiryYear: 2030 },
  ]);
  expect(Object.keys(methods[0] ?? {}).sort()).toEqual(
    ["$typeName", "brand", "createTime", "expiryMonth", "expiryYear", "id", "last4"].sort(),
  );
  expect(chargeOf("sav-1")).toMatchObject({ customer: "cus_of_cus_1", save: true });
});

test("a card that is not to be saved, or did not pay, is not", async () => {
  await shop.pay("sav-2", { customerId: "cus_2" });
  expect(chargeOf("sav-2")?.customer).toBeUndefined();
  shop.cards.script.set("pm_no", { state: "FAILED", declineCode: "lost_card" });
  await save("sav-2b", "cus_2", "pm_no");
  expect(await list("cus_2")).toEqual([]);
});

test("a card that needs 3-D Secure is saved when the buyer has passed it", async () => {
  shop.cards.script.set("pm_3ds", { state: "REQUIRES_ACTION", clientSecret: "s" });
  await save("sav-3", "cus_3", "pm_3ds");
  expect(await list("cus_3")).toEqual([]);
  const intent = shop.cards.intents.get("pi_sav-3");
  if (intent !== undefined) shop.cards.put({ ...intent, state: "AUTHORIZED", clientSecret: "" });
  await shop.client.refreshPayment({ paymentId: "sav-3" }, order);
  await shop.client.refreshPayment({ paymentId: "sav-3" }, order);
  expect(await list("cus_3")).toHaveLength(1);
});

test("an answer that was lost is asked for again: one customer, one charge, one saved card", async () => {
  shop.cards.after.authorize = shop.cards.silence;
  expect(reasonOf(await failure(save("sav-4", "cus_4")))).toBe("PROVIDER_UNAVAILABLE");
  shop.cards.after = {};
  expect((await save("sav-4", "cus_4")).state).toBe(Payment_State.AUTHORIZED);
  expect(await list("cus_4")).toHaveLength(1);
  expect(calls("createCustomer", "cus_4")).toBe(1);
});

test("a provider that cannot make the customer leaves the payment to be gone on with", async () => {
  shop.cards.before.createCustomer = shop.cards.silence;
  expect(reasonOf(await failure(save("sav-5", "cus_5")))).toBe("PROVIDER_UNAVAILABLE");
  expect((await shop.get("sav-5")).state).toBe(Payment_State.PROCESSING);
  shop.cards.before = {};
  const { state } = await shop.client.refreshPayment({ paymentId: "sav-5" }, order);
  expect(state).toBe(Payment_State.AUTHORIZED);
  expect(await list("cus_5")).toHaveLength(1);
});

test("N saves at once of a new customer are kept under one customer", async () => {
  await Promise.all(Array.from({ length: 10 }, (_, n) => save(`sav-6-${n}`, "cus_6")));
  expect(await list("cus_6")).toHaveLength(10);
  const rows = await shop.db.query(sql`select 1 from provider_customer where customer_id = 'cus_6'`);
  expect(rows).toHaveLength(1);
});

test("a saved card pays by our id, for its customer alone", async () => {
  await save("sav-7", "cus_7");
  const id = await only("cus_7");
  expect((await payWith("sav-7b", "cus_7", id)).state).toBe(Payment_State.AUTHORIZED);
  expect(chargeOf("sav-7b")).toMatchObject({ source: "pm_of_sav-7", customer: "cus_of_cus_7", save: false });
  expect(await list("cus_7")).toHaveLength(1);
  for (const [who, method] of [
    ["cus_other", id],
    ["cus_7", "pmt_none"],
  ] as const) {
    expect(errorInfo(await failure(payWith("sav-7c", who, method)))).toMatchObject({
      reason: "PAYMENT_METHOD_NOT_FOUND",
      metadata: { payment_method_id: method },
    });
  }
  expect(await failure(shop.get("sav-7c"))).toBeDefined();
});

test.each([
  ["neither card nor saved card", { paymentMethod: "" }],
  ["both", { paymentMethod: "pm_card_visa", savedPaymentMethodId: "pmt_1" }],
  ["a saved one saved again", { savedPaymentMethodId: "pmt_1", savePaymentMethod: true }],
])("%s is an invalid argument", async (_what, value) => {
  const call = shop.pay("sav-bad", { customerId: "cus_bad", method: { case: "card", value } });
  expect(reasonOf(await failure(call))).toBe("INVALID_ARGUMENT");
});

test("nobody's card is saved for nobody", async () => {
  expect(reasonOf(await failure(save("sav-8", "")))).toBe("INVALID_ARGUMENT");
  expect(reasonOf(await failure(payWith("sav-8", "", "pmt_1")))).toBe("PAYMENT_METHOD_NOT_FOUND");
});

test("the same payment id, saved and not saved, is PAYMENT_MISMATCH", async () => {
  await save("sav-9", "cus_9");
  expect(reasonOf(await failure(shop.pay("sav-9")))).toBe("PAYMENT_MISMATCH");
});

test("a deleted card is forgotten by the provider, pays no more and is not saved again by a late word", async () => {
  await save("sav-10", "cus_10");
  const id = await only("cus_10");
  await remove("cus_10", id);
  expect(await list("cus_10")).toEqual([]);
  expect(shop.cards.customers.get("cus_10")?.cards.size).toBe(0);
  expect(reasonOf(await failure(payWith("sav-10b", "cus_10", id)))).toBe("PAYMENT_METHOD_NOT_FOUND");
  await shop.client.refreshPayment({ paymentId: "sav-10" }, order);
  expect(await list("cus_10")).toEqual([]);
  // Again, and of nothing: no change.
  const before = await storedText(shop.db);
  await remove("cus_10", id);
  await remove("cus_10", "pmt_none");
  expect(await storedText(shop.db)).toBe(before);
});

test("an attempt that began with a card goes on when its customer has deleted it since", async () => {
  await save("sav-11", "cus_11");
  const id = await only("cus_11");
  shop.cards.after.authorize = shop.cards.silence;
  await failure(payWith("sav-11b", "cus_11", id));
  shop.cards.after = {};
  await remove("cus_11", id);
  expect((await payWith("sav-11b", "cus_11", id)).state).toBe(Payment_State.AUTHORIZED);
});

test("somebody else's card stays", async () => {
  await save("sav-12", "cus_12");
  const id = await only("cus_12");
  await remove("cus_other", id);
  expect(await only("cus_12")).toBe(id);
  expect(calls("detach", "pm_of_sav-12")).toBe(0);
});

test("a provider that is away when a card is deleted is told by the sweep", async () => {
  await save("sav-13", "cus_13");
  const id = await only("cus_13");
  shop.cards.before.detach = shop.cards.silence;
  await remove("cus_13", id);
  expect(await list("cus_13")).toEqual([]);
  shop.advance(61_000);
  expect(await sweepMethods(shop.deps)).toBe(1);
  expect(shop.cards.customers.get("cus_13")?.cards.size).toBe(1);
  shop.cards.before = {};
  expect(await sweepMethods(shop.deps)).toBe(1);
  expect(shop.cards.customers.get("cus_13")?.cards.size).toBe(0);
  expect(await sweepMethods(shop.deps)).toBe(0);
});

test("a key deletes once, and is for one card; N at once agree", async () => {
  await save("sav-14", "cus_14");
  await save("sav-14b", "cus_14");
  const [newer, older] = await list("cus_14");
  await Promise.all(Array.from({ length: 8 }, () => remove("cus_14", newer?.id ?? "", "key")));
  expect(await only("cus_14")).toBe(older?.id);
  expect(reasonOf(await failure(remove("cus_14", older?.id ?? "", "key")))).toBe("REQUEST_ID_REUSED");
});

test.each([
  ["staff", as.staff],
  ["guests", as.guest("token")],
  ["services", order],
])("%s have none", async (_who, caller) => {
  for (const call of [
    shop.client.listPaymentMethods({}, caller),
    shop.client.deletePaymentMethod({ paymentMethodId: "pmt_1" }, caller),
  ]) {
    expect(reasonOf(await failure(call))).toBe("ACCOUNT_REQUIRED");
  }
});

const erase = (customerId: string) => shop.client.erasePayments({ customerId }, as.service("customer"));

test("an erased customer is forgotten by the provider and here; nobody else is", async () => {
  await save("era-1", "cus_era");
  await save("era-2", "cus_stays");
  await remove("cus_era", "pmt_none", "key");
  expect(await storedText(shop.db)).toContain("cus_era");
  await erase("cus_era");
  expect(shop.cards.customers.has("cus_era")).toBe(false);
  const stored = await storedText(shop.db);
  expect(stored).not.toContain("cus_era");
  expect(await list("cus_stays")).toHaveLength(1);
  await erase("cus_era");
  expect(await storedText(shop.db)).toBe(stored);
});

test("an erasure that the provider did not hear of is done by the next one", async () => {
  await save("era-3", "cus_era3");
  shop.cards.before.deleteCustomer = shop.cards.silence;
  expect(reasonOf(await failure(erase("cus_era3")))).toBe("PROVIDER_UNAVAILABLE");
  expect(await list("cus_era3")).toHaveLength(1);
  shop.cards.before = {};
  shop.cards.after.deleteCustomer = shop.cards.silence;
  await failure(erase("cus_era3"));
  shop.cards.after = {};
  await erase("cus_era3");
  expect(await storedText(shop.db)).not.toContain("cus_era3");
});

test("what is learned of a forgotten customer's card is not kept", async () => {
  shop.cards.script.set("pm_late", { state: "REQUIRES_ACTION", clientSecret: "s" });
  await save("era-4", "cus_era4", "pm_late");
  await erase("cus_era4");
  const intent = shop.cards.intents.get("pi_era-4");
  if (intent !== undefined) shop.cards.put({ ...intent, state: "AUTHORIZED" });
  await shop.client.refreshPayment({ paymentId: "era-4" }, order);
  expect(await list("cus_era4")).toEqual([]);
  expect(await storedText(shop.db)).not.toContain("cus_era4");
});
