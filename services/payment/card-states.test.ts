import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { type PaymentState, sourcesOf } from "./payment.ts";
import { applyOutcome, movePayment } from "./store-payment.ts";
import { outcome } from "./testing/fake-cards.ts";
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
const stateOf = async (id: string) => (await shop.get(id)).state;
const put = (id: string, state: PaymentState) =>
  shop.db.execute(sql`update payment set state = ${state}, received = amount where id = ${id}`);

const states = Object.keys(sourcesOf) as PaymentState[];
const outcomes = ["PROCESSING", "REQUIRES_ACTION", "AUTHORIZED", "CAPTURED", "FAILED", "CANCELED"] as const;

test.each(states)("an outcome that comes late moves a %s payment only where the table says", async (from) => {
  const id = `late-${from}`;
  await shop.pay(id);
  for (const to of outcomes) {
    await put(id, from);
    const moved = await applyOutcome(shop.db, {
      id,
      outcome: outcome({ state: to, providerId: `pi_${id}` }),
    });
    const allowed = sourcesOf[to].includes(from);
    expect([from, to, moved?.state]).toEqual([from, to, allowed ? to : undefined]);
    expect((await shop.get(id)).state).toBe(Payment_State[allowed ? to : from]);
  }
});

test("nothing leads out of an end but money that came after all, and nothing from that but its return", () => {
  const leadingOut = (end: PaymentState) => states.filter((to) => sourcesOf[to].includes(end));
  expect(leadingOut("FAILED")).toEqual(["CAPTURED", "REFUNDED"]);
  expect(leadingOut("CANCELED")).toEqual(["CAPTURED", "REFUNDED"]);
  expect(leadingOut("REFUNDED")).toEqual([]);
  expect(states.filter((to) => sourcesOf[to].includes("CAPTURED"))).toEqual(["REFUNDED"]);
});

test("a move can be narrowed to fewer sources", async () => {
  await shop.pay("narrow");
  const change = { id: "narrow", to: "CANCELED", from: ["AWAITING_TRANSFER"] } as const;
  expect(await movePayment(shop.db, change)).toBeUndefined();
});

test("a provider that has not decided yet is asked for the present state, not for its first answer", async () => {
  shop.cards.script.set("pm_slow", { state: "PROCESSING" });
  const payment = await shop.pay("slow", { method: { case: "card", value: { paymentMethod: "pm_slow" } } });
  expect(payment).toMatchObject({ state: Payment_State.PROCESSING, providerId: "pi_slow" });
  shop.cards.put(outcome({ providerId: "pi_slow" }));
  const refreshed = await shop.client.refreshPayment({ paymentId: "slow" }, order);
  expect(refreshed.state).toBe(Payment_State.AUTHORIZED);
  expect(shop.cards.calls.filter(({ id }) => id === "slow")).toHaveLength(1);
});

test("RefreshPayment learns what became of a payment whose answer was lost", async () => {
  shop.cards.after.authorize = shop.cards.silence;
  await failure(shop.pay("refresh-1"));
  shop.cards.after = {};
  const payment = await shop.client.refreshPayment({ paymentId: "refresh-1" }, order);
  expect(payment).toMatchObject({ state: Payment_State.AUTHORIZED, providerId: "pi_refresh-1" });
});

test("RefreshPayment of a lost call for an unknown method says FAILED", async () => {
  shop.cards.before.authorize = shop.cards.silence;
  const method = { case: "card", value: { paymentMethod: "pm_unknown" } } as const;
  await failure(shop.pay("refresh-2", { method }));
  shop.cards.before = {};
  const payment = await shop.client.refreshPayment({ paymentId: "refresh-2" }, order);
  expect(payment).toMatchObject({ state: Payment_State.FAILED, declineCode: "invalid_payment_method" });
});

test.each([
  ["AUTHORIZED", { state: "AUTHORIZED" }],
  ["FAILED", { state: "FAILED", declineCode: "authentication_failed" }],
] as const)("after 3-D Secure RefreshPayment learns %s, and the buyer's secret goes", async (state, then) => {
  shop.cards.script.set("pm_3ds", {
    state: "REQUIRES_ACTION",
    clientSecret: "s",
    redirectUrl: "https://b.test",
  });
  const id = `3ds-${state}`;
  await shop.pay(id, { method: { case: "card", value: { paymentMethod: "pm_3ds" } } });
  shop.cards.put(outcome({ ...then, providerId: `pi_${id}` }));
  const payment = await shop.client.refreshPayment({ paymentId: id }, order);
  expect(payment).toMatchObject({ state: Payment_State[state], clientSecret: "", redirectUrl: "" });
});

test.each(["CAPTURED", "FAILED", "CANCELED", "REFUNDED"] as const)(
  "RefreshPayment of a %s payment asks nobody",
  async (state) => {
    const id = `ended-${state}`;
    await shop.pay(id);
    await put(id, state);
    const before = shop.cards.calls.length;
    expect((await shop.client.refreshPayment({ paymentId: id }, order)).state).toBe(Payment_State[state]);
    expect(shop.cards.calls.length).toBe(before);
  },
);

test("RefreshPayment fails while the provider is silent, and changes nothing", async () => {
  await shop.pay("silent");
  shop.cards.before.retrieve = shop.cards.silence;
  const err = await failure(shop.client.refreshPayment({ paymentId: "silent" }, order));
  expect(reasonOf(err)).toBe("PROVIDER_UNAVAILABLE");
  expect(await stateOf("silent")).toBe(Payment_State.AUTHORIZED);
});

test("CapturePayment takes the money once, also when its answer was lost", async () => {
  await shop.pay("capture-1");
  shop.cards.after.capture = shop.cards.silence;
  const lost = await failure(shop.client.capturePayment({ paymentId: "capture-1" }, order));
  expect(reasonOf(lost)).toBe("PROVIDER_UNAVAILABLE");
  shop.cards.after = {};
  for (let time = 0; time < 2; time++) {
    const payment = await shop.client.capturePayment({ paymentId: "capture-1" }, order);
    expect(payment.state).toBe(Payment_State.CAPTURED);
  }
});

test.each(["PROCESSING", "REQUIRES_ACTION", "FAILED", "CANCELED", "REFUNDED"] as const)(
  "CapturePayment of a %s payment is refused",
  async (state) => {
    const id = `uncapturable-${state}`;
    await shop.pay(id);
    await put(id, state);
    const err = await failure(shop.client.capturePayment({ paymentId: id }, order));
    expect(errorInfo(err)).toMatchObject({
      reason: "PAYMENT_NOT_AUTHORIZED",
      metadata: { payment_id: id, state },
    });
  },
);

test("CapturePayment of an authorization that lapsed at the provider is refused, not answered", async () => {
  await shop.pay("lapsed");
  shop.cards.put(outcome({ providerId: "pi_lapsed", state: "CANCELED" }));
  const err = await failure(shop.client.capturePayment({ paymentId: "lapsed" }, order));
  expect(errorInfo(err)).toMatchObject({ reason: "PAYMENT_NOT_AUTHORIZED", metadata: { state: "CANCELED" } });
  expect(await stateOf("lapsed")).toBe(Payment_State.CANCELED);
});

test("CancelPayment frees the authorized money, once and again", async () => {
  await shop.pay("cancel-1");
  for (let time = 0; time < 2; time++) {
    const payment = await shop.client.cancelPayment({ paymentId: "cancel-1" }, order);
    expect(payment.state).toBe(Payment_State.CANCELED);
  }
  expect(shop.cards.intents.get("pi_cancel-1")?.state).toBe("CANCELED");
});

test("CancelPayment of a payment whose answer was lost finds it at the provider and frees it", async () => {
  shop.cards.after.authorize = shop.cards.silence;
  await failure(shop.pay("cancel-2"));
  shop.cards.after = {};
  const payment = await shop.client.cancelPayment({ paymentId: "cancel-2" }, order);
  expect(payment.state).toBe(Payment_State.CANCELED);
  expect(shop.cards.intents.get("pi_cancel-2")?.state).toBe("CANCELED");
});

test.each(["CAPTURED", "REFUNDED"] as const)("CancelPayment of a %s payment is refused", async (state) => {
  const id = `uncancelable-${state}`;
  await shop.pay(id);
  await put(id, state);
  const err = await failure(shop.client.cancelPayment({ paymentId: id }, order));
  expect(reasonOf(err)).toBe("PAYMENT_CAPTURED");
});

test("CancelPayment does not claim what the provider has not done", async () => {
  shop.cards.script.set("pm_slow", { state: "PROCESSING" });
  await shop.pay("cancel-3", { method: { case: "card", value: { paymentMethod: "pm_slow" } } });
  const err = await failure(shop.client.cancelPayment({ paymentId: "cancel-3" }, order));
  expect(reasonOf(err)).toBe("PROVIDER_UNAVAILABLE");
  expect(await stateOf("cancel-3")).toBe(Payment_State.PROCESSING);
});

test("CancelPayment of a failed payment changes nothing", async () => {
  await shop.pay("cancel-4");
  await put("cancel-4", "FAILED");
  const payment = await shop.client.cancelPayment({ paymentId: "cancel-4" }, order);
  expect(payment.state).toBe(Payment_State.FAILED);
});

test("capture and cancel at once: exactly one wins, and both callers hear which", async () => {
  for (let round = 0; round < 10; round++) {
    const paymentId = `duel-${round}`;
    await shop.pay(paymentId);
    const calls = [
      shop.client.capturePayment({ paymentId }, order),
      shop.client.cancelPayment({ paymentId }, order),
    ];
    const [captured, canceled] = await Promise.allSettled(round % 2 ? calls : calls.toReversed());
    const fulfilled = [captured, canceled].filter((each) => each?.status === "fulfilled");
    expect(fulfilled).toHaveLength(1);
    const truth = shop.cards.intents.get(`pi_${paymentId}`)?.state ?? "UNSPECIFIED";
    expect(fulfilled[0]?.status === "fulfilled" && fulfilled[0].value.state).toBe(
      Payment_State[truth as PaymentState],
    );
    expect(await stateOf(paymentId)).toBe(Payment_State[truth as PaymentState]);
  }
});

test.each(["capturePayment", "cancelPayment", "refreshPayment"] as const)(
  "%s of an unknown payment is PAYMENT_NOT_FOUND",
  async (rpc) => {
    expect(reasonOf(await failure(shop.client[rpc]({ paymentId: "nobody" }, order)))).toBe(
      "PAYMENT_NOT_FOUND",
    );
  },
);
