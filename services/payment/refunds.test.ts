import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { fail } from "./reasons.ts";
import { sweepRefunds } from "./sweep.ts";
import { openTestPayments, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.cards.before = {};
  shop.cards.after = {};
  shop.cards.refunds.clear();
});

const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (err: unknown) => err,
  );
const refund = (paymentId: string, more: { cents?: bigint; reason?: string; requestId?: string } = {}) => {
  const { cents, ...rest } = more;
  const amount = cents === undefined ? {} : { amount: money("USD", cents) };
  return shop.client.refundPayment({ paymentId, ...amount, ...rest }, as.staff);
};

test("parts go back until nothing is left; then the payment is REFUNDED", async () => {
  await shop.captured("parts");
  const first = await refund("parts", { cents: 300n, reason: "a scratch" });
  expect(first).toMatchObject({ state: Payment_State.CAPTURED, refunded: { amount: 300n } });
  const last = await refund("parts");
  expect(last).toMatchObject({ state: Payment_State.REFUNDED, refunded: { amount: 1000n } });
  expect(last.refunds).toMatchObject([
    { amount: { amount: 300n }, reason: "a scratch", completed: true },
    { amount: { amount: 700n }, reason: "", completed: true },
  ]);
  expect(last.refunds[0]?.providerId).toBe(`re_${last.refunds[0]?.id}`);
  expect(shop.cards.refunded).toBe(1000n);
});

test("a transfer's refund is recorded; no provider is asked", async () => {
  await shop.transfer("by-hand");
  await shop.client.confirmPayment({ paymentId: "by-hand" }, as.staff);
  const payment = await refund("by-hand", { cents: 400n });
  expect(payment.refunds).toMatchObject([{ completed: true, providerId: "" }]);
  expect(shop.cards.refunds.size).toBe(0);
});

test("more than is left is refused, and says how much is", async () => {
  await shop.captured("greedy");
  await refund("greedy", { cents: 400n });
  const expected = { reason: "REFUND_TOO_LARGE", metadata: { refundable: "600", currency_code: "USD" } };
  expect(errorInfo(await failure(refund("greedy", { cents: 601n })))).toMatchObject(expected);
  await refund("greedy", { cents: 600n });
  const none = { reason: "REFUND_TOO_LARGE", metadata: { refundable: "0", currency_code: "USD" } };
  expect(errorInfo(await failure(refund("greedy")))).toMatchObject(none);
});

test.each(["authorized", "transfer"] as const)("what was not captured cannot go back (%s)", async (kind) => {
  const id = `uncaptured-${kind}`;
  await (kind === "transfer" ? shop.transfer(id) : shop.pay(id));
  expect(reasonOf(await failure(refund(id)))).toBe("PAYMENT_NOT_CAPTURED");
});

test("another currency is refused", async () => {
  await shop.captured("euro");
  const call = shop.client.refundPayment({ paymentId: "euro", amount: money("EUR", 1n) }, as.staff);
  expect(errorInfo(await failure(call))).toMatchObject({
    reason: "CURRENCY_MISMATCH",
    metadata: { payment_currency: "USD", currency_code: "EUR" },
  });
});

test.each([0n, -1n])("a refund of %s cents is an invalid argument", async (cents) => {
  expect(reasonOf(await failure(refund("any", { cents })))).toBe("INVALID_ARGUMENT");
});

test("an unknown payment is PAYMENT_NOT_FOUND", async () => {
  expect(reasonOf(await failure(refund("nobody")))).toBe("PAYMENT_NOT_FOUND");
});

test("the same key gives back once, and answers the same", async () => {
  await shop.captured("keyed");
  const first = await refund("keyed", { cents: 100n, requestId: "k" });
  expect(await refund("keyed", { cents: 100n, requestId: "k" })).toEqual(first);
  expect(shop.cards.refunded).toBe(100n);
});

test.each([
  ["another amount", { cents: 101n, reason: "r" }],
  ["all that is left", { reason: "r" }],
  ["another reason", { cents: 100n, reason: "else" }],
])("the same key for %s is REQUEST_ID_REUSED", async (what, other) => {
  const id = `reused ${what}`;
  await shop.captured(id);
  await refund(id, { cents: 100n, reason: "r", requestId: "k" });
  expect(reasonOf(await failure(refund(id, { ...other, requestId: "k" })))).toBe("REQUEST_ID_REUSED");
  expect(shop.cards.refunded).toBe(100n);
});

test("without a key each call gives back", async () => {
  await shop.captured("unkeyed");
  await refund("unkeyed", { cents: 100n });
  expect((await refund("unkeyed", { cents: 100n })).refunded?.amount).toBe(200n);
});

test("concurrent refunds never add up to more than was paid; the last one makes it REFUNDED", async () => {
  await shop.captured("crowd");
  const calls = Array.from({ length: 20 }, () => refund("crowd", { cents: 100n }));
  const outcomes = await Promise.allSettled(calls);
  const reasons = outcomes.flatMap((each) => (each.status === "rejected" ? [reasonOf(each.reason)] : []));
  expect(reasons).toEqual(Array(10).fill("REFUND_TOO_LARGE"));
  expect(shop.cards.refunded).toBe(1000n);
  const payment = await shop.get("crowd");
  expect(payment).toMatchObject({ state: Payment_State.REFUNDED, refunded: { amount: 1000n } });
  expect(payment.refunds.every((each) => each.completed)).toBe(true);
});

test("one key 20 times at once is one refund", async () => {
  await shop.captured("one-key");
  const calls = Array.from({ length: 20 }, () => refund("one-key", { cents: 600n, requestId: "k" }));
  const payments = await Promise.all(calls);
  expect(new Set(payments.map((payment) => payment.refunds.length))).toEqual(new Set([1]));
  expect(shop.cards.refunds.size).toBe(1);
});

test("a refund whose answer was lost counts, and its retry goes on with it", async () => {
  await shop.captured("lost");
  shop.cards.after.refund = shop.cards.silence;
  const request = { cents: 700n, requestId: "k" };
  expect(reasonOf(await failure(refund("lost", request)))).toBe("PROVIDER_UNAVAILABLE");
  expect(reasonOf(await failure(refund("lost", { cents: 400n })))).toBe("REFUND_TOO_LARGE");
  expect((await shop.get("lost")).refunds).toMatchObject([{ completed: false }]);
  shop.cards.after = {};
  const payment = await refund("lost", request);
  expect(payment.refunds).toMatchObject([{ completed: true }]);
  expect(shop.cards.refunds.size).toBe(1);
});

test("the sweep goes on with a refund that nobody asks for again, and not with a young one", async () => {
  await shop.captured("left");
  shop.cards.before.refund = shop.cards.silence;
  await failure(refund("left"));
  shop.cards.before = {};
  expect(await sweepRefunds(shop.deps)).toBe(0);
  shop.advance(61_000);
  expect(await sweepRefunds(shop.deps)).toBe(1);
  expect(await sweepRefunds(shop.deps)).toBe(0);
  expect(await shop.get("left")).toMatchObject({
    state: Payment_State.REFUNDED,
    refunds: [{ completed: true }],
  });
  expect(shop.cards.refunded).toBe(1000n);
});

test("a sweep that the provider fails tries the other refunds, and this one next time", async () => {
  for (const id of ["sweep-a", "sweep-b"]) {
    await shop.captured(id);
    shop.cards.before.refund = shop.cards.silence;
    await failure(refund(id));
  }
  let failures = 1;
  shop.cards.before.refund = () => (failures-- > 0 ? shop.cards.silence() : undefined);
  shop.advance(61_000);
  expect(await sweepRefunds(shop.deps)).toBe(2);
  expect(await sweepRefunds(shop.deps)).toBe(1);
  expect(shop.cards.refunded).toBe(2000n);
});

test("a refund that the provider refuses is taken off again, and its key is free", async () => {
  await shop.captured("refused");
  shop.cards.before.refund = () => {
    throw fail("REFUND_REFUSED", { provider_message: "too old" });
  };
  const err = await failure(refund("refused", { requestId: "k" }));
  expect(errorInfo(err)).toMatchObject({
    reason: "REFUND_REFUSED",
    metadata: { provider_message: "too old" },
  });
  expect(await shop.get("refused")).toMatchObject({ refunded: { amount: 0n }, refunds: [] });
  shop.cards.before = {};
  expect((await refund("refused", { requestId: "k" })).state).toBe(Payment_State.REFUNDED);
});

test("a payment is not REFUNDED while a part of it is still under way", async () => {
  await shop.captured("pending");
  shop.cards.before.refund = shop.cards.silence;
  await failure(refund("pending", { cents: 600n, requestId: "k" }));
  shop.cards.before = {};
  expect((await refund("pending", { cents: 400n })).state).toBe(Payment_State.CAPTURED);
  expect((await refund("pending", { cents: 600n, requestId: "k" })).state).toBe(Payment_State.REFUNDED);
});

test("other answers about a payment carry its refunds, too", async () => {
  await shop.captured("shown");
  await refund("shown", { cents: 100n });
  const refreshed = await shop.client.refreshPayment({ paymentId: "shown" }, as.service("order"));
  const captured = await shop.client.capturePayment({ paymentId: "shown" }, as.service("order"));
  expect([refreshed.refunds.length, captured.refunds.length]).toEqual([1, 1]);
});

// The last one: it moves the clock past what new payments may be.
test("a refund older than the provider's memory of keys is looked up, not asked for again", async () => {
  await shop.captured("old");
  shop.cards.after.refund = shop.cards.silence;
  await failure(refund("old"));
  shop.cards.after = {};
  shop.cards.calls.length = 0;
  shop.advance(24 * 3_600_000);
  expect(await sweepRefunds(shop.deps)).toBe(1);
  expect(shop.cards.calls.map(({ name }) => name)).toEqual(["refundsOf"]);
  expect(await shop.get("old")).toMatchObject({
    state: Payment_State.REFUNDED,
    refunds: [{ completed: true }],
  });
});
