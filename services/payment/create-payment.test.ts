import { timestampMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
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

const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (err: unknown) => err,
  );
const rows = (orderId: string) =>
  shop.db.query<{ id: string; state: string }>(sql`
    select id, state from payment where order_id = ${orderId} order by id`);
const authorizations = (id: string) =>
  shop.cards.calls.filter((call) => call.name === "authorize" && call.id === id).length;

test("a card is authorized, not captured", async () => {
  const payment = await shop.pay("card-1");
  expect(payment).toMatchObject({
    id: "card-1",
    orderId: "ord_card-1",
    state: Payment_State.AUTHORIZED,
    amount: { currencyCode: "USD", amount: 1000n },
    refunded: { amount: 0n },
    method: "card",
    providerId: "pi_card-1",
  });
});

test("a transfer gets instructions of its own and a deadline", async () => {
  const before = Date.now();
  const one = await shop.transfer("transfer-1");
  const two = await shop.transfer("transfer-2");
  expect(one).toMatchObject({ state: Payment_State.AWAITING_TRANSFER, method: "BCA_VA", providerId: "" });
  expect(one.accountNumber).toMatch(/^88\d{14}$/);
  expect(one.reference).toMatch(/^RF\d{2}[0-9A-Z]{10}$/);
  expect([one.accountNumber, one.reference]).not.toEqual([two.accountNumber, two.reference]);
  const deadline = one.deadline === undefined ? 0 : timestampMs(one.deadline);
  expect(deadline - before).toBeGreaterThanOrEqual(86_400_000);
  expect(deadline - before).toBeLessThan(86_430_000);
});

test("3-D Secure is answered with what the buyer needs for it", async () => {
  shop.cards.script.set("pm_3ds", {
    state: "REQUIRES_ACTION",
    clientSecret: "secret",
    redirectUrl: "https://bank.test/3ds",
  });
  const payment = await shop.pay("3ds-1", { method: card("pm_3ds") });
  expect(payment).toMatchObject({
    state: Payment_State.REQUIRES_ACTION,
    clientSecret: "secret",
    redirectUrl: "https://bank.test/3ds",
  });
});

test("a declined card is an answer, and frees the order for another attempt", async () => {
  shop.cards.script.set("pm_declined", {
    state: "FAILED",
    declineCode: "insufficient_funds",
    declineMessage: "Too little.",
  });
  const declined = await shop.pay("decline-1", { orderId: "ord_decline", method: card("pm_declined") });
  expect(declined).toMatchObject({
    state: Payment_State.FAILED,
    declineCode: "insufficient_funds",
    declineMessage: "Too little.",
  });
  const next = await shop.pay("decline-2", { orderId: "ord_decline" });
  expect(next.state).toBe(Payment_State.AUTHORIZED);
});

test("a method that the provider does not accept is refused, each time it is asked for, and frees the order", async () => {
  const again = { orderId: "ord_invalid", method: card("pm_unknown") };
  for (let time = 0; time < 2; time++) {
    const info = errorInfo(await failure(shop.pay("invalid-1", again)));
    expect(info).toMatchObject({
      reason: "PAYMENT_METHOD_INVALID",
      metadata: { provider_message: "no such payment method" },
    });
  }
  expect(authorizations("invalid-1")).toBe(1);
  expect((await shop.pay("invalid-2", { orderId: "ord_invalid" })).state).toBe(Payment_State.AUTHORIZED);
});

test("the same id and content again is the same payment, however it stands", async () => {
  const first = await shop.transfer("same-1");
  expect(await shop.transfer("same-1")).toEqual(first);
  await shop.pay("same-2");
  await shop.client.capturePayment({ paymentId: "same-2" }, order);
  expect((await shop.pay("same-2")).state).toBe(Payment_State.CAPTURED);
  expect(authorizations("same-2")).toBe(1);
});

test.each([
  ["another order", { orderId: "ord_else" }],
  ["another amount", { amount: money("USD", 999n) }],
  ["another currency", { amount: money("EUR", 1000n) }],
  ["another card", { method: { case: "card", value: { paymentMethod: "pm_else" } } }],
  [
    "another method",
    { method: { case: "bankTransfer", value: { bank: "BCA_VA", timeLimit: { seconds: 60n, nanos: 0 } } } },
  ],
] as const)("the same id for %s is PAYMENT_MISMATCH", async (_what, other) => {
  await shop.pay("mismatch-1");
  expect(reasonOf(await failure(shop.pay("mismatch-1", other)))).toBe("PAYMENT_MISMATCH");
});

test.each(["PROCESSING", "AUTHORIZED"])(
  "a live attempt (%s) keeps others away, and is named",
  async (state) => {
    if (state === "PROCESSING") shop.cards.before.authorize = shop.cards.silence;
    await failure(shop.pay(`live-${state}`));
    shop.cards.before = {};
    const err = await failure(shop.pay(`live-${state}-2`, { orderId: `ord_live-${state}` }));
    expect(errorInfo(err)).toMatchObject({
      reason: "PAYMENT_LIVE",
      metadata: { order_id: `ord_live-${state}`, payment_id: `live-${state}` },
    });
    expect(authorizations(`live-${state}-2`)).toBe(0);
  },
);

test.each([
  ["no amount of money", { amount: money("USD", 0n) }],
  ["a negative amount", { amount: money("USD", -1n) }],
  [
    "no time to transfer",
    { method: { case: "bankTransfer", value: { bank: "BCA_VA", timeLimit: { seconds: 0n, nanos: 0 } } } },
  ],
  ["a card number", { method: { case: "card", value: { paymentMethod: "4242424242424242" } } }],
] as const)("%s is an invalid argument, and nothing is recorded", async (_what, fields) => {
  expect(reasonOf(await failure(shop.pay("bad-1", fields)))).toBe("INVALID_ARGUMENT");
  expect(await rows("ord_bad-1")).toEqual([]);
});

test("N calls with different ids for one order: exactly one payment is live", async () => {
  const calls = Array.from({ length: 20 }, (_, i) => shop.pay(`crowd-${i}`, { orderId: "ord_crowd" }));
  const outcomes = await Promise.allSettled(calls);
  const won = outcomes.filter((each) => each.status === "fulfilled");
  const reasons = outcomes.flatMap((each) => (each.status === "rejected" ? [reasonOf(each.reason)] : []));
  expect(won).toHaveLength(1);
  expect(new Set(reasons)).toEqual(new Set(["PAYMENT_LIVE"]));
  expect(await rows("ord_crowd")).toEqual([{ id: won[0]?.value.id, state: "AUTHORIZED" }]);
});

test("N identical calls are one payment, and one to the provider", async () => {
  const calls = Array.from({ length: 20 }, () => shop.pay("twins"));
  const payments = await Promise.all(calls);
  expect(new Set(payments.map((payment) => `${payment.id} ${payment.state}`))).toEqual(
    new Set([`twins ${Payment_State.AUTHORIZED}`]),
  );
  expect(await rows("ord_twins")).toHaveLength(1);
  expect([...shop.cards.intents.keys()].filter((id) => id.includes("twins"))).toEqual(["pi_twins"]);
});

test("N identical calls for a card that is declined agree, too", async () => {
  shop.cards.script.set("pm_no", { state: "FAILED", declineCode: "lost_card" });
  const calls = Array.from({ length: 20 }, () => shop.pay("no-twins", { method: card("pm_no") }));
  const states = (await Promise.all(calls)).map((payment) => payment.state);
  expect(new Set(states)).toEqual(new Set([Payment_State.FAILED]));
});

test("an answer that was lost is asked for again: nothing is charged twice", async () => {
  shop.cards.after.authorize = shop.cards.silence;
  expect(reasonOf(await failure(shop.pay("lost-1")))).toBe("PROVIDER_UNAVAILABLE");
  expect((await shop.get("lost-1")).state).toBe(Payment_State.PROCESSING);
  shop.cards.after = {};
  expect((await shop.pay("lost-1")).state).toBe(Payment_State.AUTHORIZED);
  expect([...shop.cards.intents.keys()].filter((id) => id.includes("lost-1"))).toHaveLength(1);
});

test("only services start payments", async () => {
  const request = { paymentId: "p", orderId: "o", amount: money("USD", 1n), method: card("pm_card_visa") };
  for (const caller of [as.staff, as.guest("token")]) {
    expect(reasonOf(await failure(shop.client.createPayment(request, caller)))).toBe("PERMISSION_DENIED");
  }
});

/** Statements sent. */
test.each([
  ["CreatePayment by card", 2, () => shop.pay("budget-1")],
  ["CreatePayment by transfer", 1, () => shop.transfer("budget-2")],
  ["GetPayment", 1, () => shop.get("budget-1")],
  ["RefreshPayment", 3, () => shop.client.refreshPayment({ paymentId: "budget-1" }, order)],
  ["CapturePayment", 2, () => shop.client.capturePayment({ paymentId: "budget-1" }, order)],
  ["CapturePayment again", 1, () => shop.client.capturePayment({ paymentId: "budget-1" }, order)],
  ["CancelPayment of a transfer", 4, () => shop.client.cancelPayment({ paymentId: "budget-2" }, order)],
  ["RefundPayment", 12, () => shop.client.refundPayment({ paymentId: "budget-1", requestId: "1" }, as.staff)],
  ["ListPayments", 2, () => shop.client.listPayments({ orderId: "ord_budget-1" }, as.staff)],
] as const)("%s costs %i statements", async (_name, budget, call) => {
  const before = shop.statements.length;
  await call();
  expect(shop.statements.length - before).toBe(budget);
});

function card(paymentMethod: string) {
  return { case: "card", value: { paymentMethod } } as const;
}
