import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { PaymentViolation_Kind as Kind, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { sql } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcome } from "./testing/fake-cards.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(async () => {
  shop.cards.before = {};
  shop.cards.after = {};
  shop.cards.intents.clear();
  shop.cards.charges.clear();
  shop.cards.refunds.clear();
  await shop.db.execute(sql`delete from refund`);
  await shop.db.execute(sql`delete from payment`);
});

const reconcile = (dryRun: boolean) => shop.client.reconcile({ dryRun }, as.staff);
const end = (id: string, state: string) =>
  shop.db.execute(sql`update payment set state = ${state} where id = ${id}`);

test("payments in every state agree with their provider", async () => {
  await shop.pay("authorized");
  await shop.captured("captured");
  await shop.captured("refunded");
  await shop.client.refundPayment({ paymentId: "refunded" }, order);
  await shop.pay("canceled");
  await shop.client.cancelPayment({ paymentId: "canceled" }, order);
  shop.cards.script.set("pm_no", { state: "FAILED" });
  await shop.pay("failed", { method: { case: "card", value: { paymentMethod: "pm_no" } } });
  await shop.transfer("transfer");
  expect(await reconcile(true)).toMatchObject({ checked: 5n, violations: [] });
});

test("a state that the provider left is reported, and taken over unless it is a dry run", async () => {
  await shop.pay("left");
  shop.cards.put(outcome({ providerId: "pi_left", state: "CAPTURED" }));
  const found = { kind: Kind.STATE_DIFFERS, paymentId: "left", orderId: "ord_left", providerId: "pi_left" };
  const taken = { kind: Kind.CAPTURED_DIFFERS, expected: "0", found: "1000" };
  expect((await reconcile(true)).violations).toMatchObject([
    { ...found, expected: "AUTHORIZED", found: "CAPTURED", repaired: false },
    { ...taken, repaired: false },
  ]);
  expect((await shop.get("left")).state).toBe(Payment_State.AUTHORIZED);
  expect((await reconcile(false)).violations).toMatchObject([
    { ...found, repaired: true },
    { ...taken, repaired: true },
  ]);
  expect((await reconcile(false)).violations).toEqual([]);
});

test("a refund made at the provider is REFUNDED_DIFFERS", async () => {
  await shop.captured("back");
  const refund = { refundId: "theirs", providerId: "pi_back", currencyCode: "USD", amount: 300n };
  shop.cards.refunds.set("theirs", refund);
  expect((await reconcile(false)).violations).toMatchObject([
    { kind: Kind.REFUNDED_DIFFERS, expected: "0", found: "300", repaired: true },
  ]);
  expect((await shop.get("back")).refunded?.amount).toBe(300n);
});

test("money that the provider took for nobody is UNKNOWN_TO_SHOP, and stays so", async () => {
  shop.cards.put(outcome({ providerId: "pi_stray", state: "CAPTURED" }));
  shop.cards.put(outcome({ providerId: "pi_reserved", state: "AUTHORIZED" }));
  expect(await reconcile(false)).toMatchObject({
    checked: 2n,
    violations: [{ kind: Kind.UNKNOWN_TO_SHOP, paymentId: "", providerId: "pi_stray", repaired: false }],
  });
});

test("a payment that the provider does not know is MISSING_AT_PROVIDER", async () => {
  await shop.captured("gone");
  shop.cards.intents.delete("pi_gone");
  expect((await reconcile(false)).violations).toMatchObject([
    { kind: Kind.MISSING_AT_PROVIDER, paymentId: "gone", expected: "CAPTURED", repaired: false },
  ]);
});

test("a call that never got to the provider is under way at first, then missing, and made", async () => {
  shop.cards.before.authorize = shop.cards.silence;
  await shop.pay("lost").catch(() => undefined);
  shop.cards.before = {};
  expect((await reconcile(false)).violations).toEqual([]);
  shop.advance(61_000);
  expect((await reconcile(false)).violations).toMatchObject([
    { kind: Kind.MISSING_AT_PROVIDER, paymentId: "lost", repaired: true },
  ]);
  expect((await shop.get("lost")).state).toBe(Payment_State.AUTHORIZED);
});

test("two payments of an order with money are ORDER_PAID_TWICE; the one without use goes back", async () => {
  await shop.captured("twice-1");
  await end("twice-1", "FAILED");
  await shop.pay("twice-2", { orderId: "ord_twice-1" });
  await shop.client.capturePayment({ paymentId: "twice-2" }, order);
  const twice = { kind: Kind.ORDER_PAID_TWICE, orderId: "ord_twice-1", found: "pi_twice-1, pi_twice-2" };
  expect((await reconcile(true)).violations).toContainEqual(
    expect.objectContaining({ ...twice, repaired: false }),
  );
  expect((await reconcile(false)).violations).toContainEqual(
    expect.objectContaining({ ...twice, repaired: true }),
  );
  expect(shop.cards.refunded).toBe(1000n);
  expect(await shop.get("twice-1")).toMatchObject({ state: Payment_State.REFUNDED });
  expect((await shop.get("twice-2")).state).toBe(Payment_State.CAPTURED);
  expect((await reconcile(true)).violations).toEqual([]);
});

test("a provider that does not answer is PROVIDER_UNAVAILABLE", async () => {
  shop.cards.before.list = shop.cards.silence;
  const err = await reconcile(true).catch((e: unknown) => e);
  expect(reasonOf(err)).toBe("PROVIDER_UNAVAILABLE");
});

test("a payment older than the provider's memory of keys is looked up, not asked for again", async () => {
  shop.cards.after.authorize = shop.cards.silence;
  await shop.pay("old-found").catch(() => undefined);
  shop.cards.after = {};
  shop.cards.before.authorize = shop.cards.silence;
  await shop.pay("old-never").catch(() => undefined);
  shop.cards.before = {};
  shop.cards.calls.length = 0;
  shop.advance(24 * 3_600_000);
  const found = await shop.client.refreshPayment({ paymentId: "old-found" }, order);
  expect(found).toMatchObject({ state: Payment_State.AUTHORIZED, providerId: "pi_old-found" });
  const never = await shop.client.refreshPayment({ paymentId: "old-never" }, order);
  expect(never).toMatchObject({ state: Payment_State.FAILED, declineCode: "not_started" });
  expect(shop.cards.calls.filter(({ name }) => name === "authorize")).toEqual([]);
});
