import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Payment_State, PaymentViolation_Kind } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason } from "../../lib/testing/failures.ts";
import { sweepRefunds } from "./sweep.ts";
import { germanAccount } from "./testing/fake-cards.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";
import { importRows, moneyOf, resultsOf } from "./testing/statement.ts";

let shop: TestPayments;
let id: string;
let count = 0;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
/** Lets time pass, for one test. */
let ahead = 0;
const pass = (ms: number) => {
  ahead += ms;
  shop.advance(ms);
};
beforeEach(() => {
  pass(-ahead);
  id = `sepa-${++count}`;
  shop.cards.before = {};
  shop.cards.after = {};
  shop.settle = () => undefined;
  shop.settled.length = 0;
  shop.jobs.length = 0;
});

const sepa = { bank: "SEPA", timeLimit: { seconds: 86_400n, nanos: 0 } };
/** A payment of 10.00 EUR whose transfer the provider takes. */
const begin = (more: object = {}) =>
  shop.transfer(id, {
    amount: money("EUR", 1000n),
    method: { case: "bankTransfer", value: sepa },
    ...more,
  });
const payer = () => `cus_of_${id}`;
/** What the provider tells when money comes, in its order: who sent it, what it pays. */
const told = [
  ["customer_cash_balance_transaction.created", () => payer()],
  ["payment_intent.partially_funded", () => `pi_${id}`],
  ["payment_intent.succeeded", () => `pi_${id}`],
] as const;
let events = 0;
async function hear(type: string, subject: string): Promise<void> {
  const event = { provider: "stripe", providerEventId: `evt_t${++events}`, type, subject };
  const data = Buffer.from(JSON.stringify({ ...event, payload: { paymentId: "" } }));
  await shop.client.receiveStripeWebhook(
    { content: { contentType: "application/json", data } },
    { headers: { "stripe-signature": "good" } },
  );
  const mine = shop.jobs.splice(0).filter(({ queue }) => queue === "payment.webhook");
  for (const job of mine) {
    const { signal } = new AbortController();
    await shop.inbox.work({ data: job.data as { eventId: string }, attempt: 1, signal });
  }
}
const hearOfMoney = () => hear("customer_cash_balance_transaction.created", payer());
const cancel = () => shop.client.cancelPayment({ paymentId: id }, order);
const refresh = () => shop.client.refreshPayment({ paymentId: id }, order);
const reconcile = async () =>
  (await shop.client.reconcile({}, as.staff)).violations.filter(({ paymentId }) => paymentId === id);
const calls = (name: string) => shop.cards.calls.filter((call) => call.name === name && call.id === id);
/** What went back to the payer, by how. */
const returned = () => ({
  unused: [...shop.cards.returns.values()]
    .filter((each) => each.payer === payer())
    .map((each) => each.amount),
  used: [...shop.cards.refunds.values()]
    .filter(({ providerId }) => providerId === `pi_${id}`)
    .map(({ amount }) => amount),
});
const { AWAITING_TRANSFER, CAPTURED, CANCELED, REFUNDED, PROCESSING } = Payment_State;

describe("asking for a transfer", () => {
  test("the payment has the provider's account, and nobody else pays to it", async () => {
    const payment = await begin();
    expect(payment).toMatchObject({
      state: AWAITING_TRANSFER,
      method: "SEPA",
      providerId: `pi_${id}`,
      accountNumber: germanAccount.number,
      bankAccount: germanAccount,
      reference: `REF-${id}`,
    });
    expect(payment.deadline).toBeDefined();
    expect(moneyOf(payment)).toMatchObject({ amount: 1000n, received: 0n, missing: 1000n });
    expect(shop.cards.transfers.get(`pi_${id}`)).toMatchObject({
      payer: payer(),
      orderId: `ord_${id}`,
      amount: 1000n,
    });
  });

  test("the same call again is the same transfer", async () => {
    const [first, second] = [await begin(), await begin()];
    expect(second).toEqual(first);
    expect(calls("requestTransfer")).toHaveLength(1);
  });

  test("an answer that was lost is asked for again: one payer, one transfer", async () => {
    shop.cards.after.requestTransfer = shop.cards.silence;
    await expectReason(begin(), "PROVIDER_UNAVAILABLE", {});
    expect((await shop.get(id)).state).toBe(PROCESSING);
    shop.cards.after = {};
    expect((await refresh()).state).toBe(AWAITING_TRANSFER);
    expect(calls("createPayer")).toHaveLength(1);
  });

  test("a day later it is looked for, not asked for again", async () => {
    shop.cards.after.requestTransfer = shop.cards.silence;
    await expectReason(begin(), "PROVIDER_UNAVAILABLE", {});
    shop.cards.after = {};
    pass(86_400_000);
    expect(await refresh()).toMatchObject({ state: AWAITING_TRANSFER, accountNumber: germanAccount.number });
    expect(calls("requestTransfer")).toHaveLength(1);
  });

  test("a currency that the provider does not take is refused, and frees the order", async () => {
    const idr = { amount: money("IDR", 1000n) };
    for (let time = 0; time < 2; time++) {
      await expectReason(begin(idr), "PAYMENT_METHOD_INVALID", { provider_message: "no IDR" });
    }
    expect((await shop.get(id)).state).toBe(Payment_State.FAILED);
    await shop.pay(`${id}-card`, { orderId: `ord_${id}` });
  });

  test.each([
    ["confirm", () => shop.client.confirmPayment({ paymentId: id }, as.staff)],
    ["reject", () => shop.client.rejectPayment({ paymentId: id }, as.staff)],
    [
      "book a statement's row on it",
      async () => {
        const [row] = await importRows(shop, [{ currency: "EUR", id }]);
        const bankTransactionId = row?.transaction?.id ?? "";
        return shop.client.assignBankTransaction({ bankTransactionId, paymentId: id }, as.staff);
      },
    ],
  ])("staff cannot %s: the provider says what has come", async (_what, call) => {
    await begin();
    await expectReason(call(), "PAYMENT_AT_PROVIDER", { payment_id: id });
    expect((await shop.get(id)).state).toBe(AWAITING_TRANSFER);
  });

  test("a statement that names its account matches nothing", async () => {
    const { reference } = await begin();
    const rows = await importRows(shop, [{ currency: "EUR", reference, id }]);
    expect(resultsOf(rows)).toEqual(["UNMATCHED"]);
  });
});

describe("money", () => {
  test.each([
    ["in the order in which it is told", told],
    ["in the opposite order", told.toReversed()],
    ["told twice", [...told, ...told]],
  ])("the whole amount pays it, %s", async (_how, news) => {
    await begin();
    shop.cards.fund(id, 1000n);
    for (const [type, subject] of news) await hear(type, subject());
    const payment = await shop.get(id);
    expect(payment.state).toBe(CAPTURED);
    expect(moneyOf(payment)).toMatchObject({ received: 1000n, missing: 0n, excess: 0n });
    expect(shop.settled).toEqual([`ord_${id}`]);
  });

  test("a part is shown, with what is missing; the rest pays it", async () => {
    await begin();
    shop.cards.fund(id, 400n);
    await hear("payment_intent.partially_funded", `pi_${id}`);
    expect(moneyOf(await shop.get(id))).toMatchObject({ received: 400n, missing: 600n });
    shop.cards.fund(id, 600n);
    await hear("payment_intent.succeeded", `pi_${id}`);
    expect((await shop.get(id)).state).toBe(CAPTURED);
    expect(shop.settled).toEqual([`ord_${id}`, `ord_${id}`]);
  });

  test("what is too much is shown, and goes back when staff say so", async () => {
    await begin();
    shop.cards.fund(id, 1250n);
    await hearOfMoney();
    expect(moneyOf(await shop.get(id))).toMatchObject({ received: 1250n, excess: 250n });
    const refunded = await shop.client.refundPayment({ paymentId: id, excess: true }, as.staff);
    expect(refunded.state).toBe(CAPTURED);
    expect(moneyOf(refunded)).toMatchObject({ excess: 0n, refunded: 250n });
    expect(returned()).toEqual({ unused: [250n], used: [] });
    expect(await reconcile()).toEqual([]);
  });

  test("an excess that comes after the payment is learned of by its own news", async () => {
    await begin();
    shop.cards.fund(id, 1000n);
    await hearOfMoney();
    shop.cards.fund(id, 30n);
    await hearOfMoney();
    expect(moneyOf(await shop.get(id))).toMatchObject({ received: 1030n, excess: 30n });
  });

  test("all that came goes back: what was used, and what was not", async () => {
    await begin();
    shop.cards.fund(id, 1250n);
    await hearOfMoney();
    const part = await shop.client.refundPayment({ paymentId: id, amount: money("EUR", 300n) }, as.staff);
    expect(part.state).toBe(CAPTURED);
    const rest = await shop.client.refundPayment({ paymentId: id }, as.staff);
    expect(rest.state).toBe(REFUNDED);
    expect(returned()).toEqual({ unused: [250n], used: [300n, 700n] });
  });

  test("without news, asking finds it", async () => {
    await begin();
    shop.cards.fund(id, 400n);
    expect(moneyOf(await refresh())).toMatchObject({ received: 400n, missing: 600n });
    shop.cards.fund(id, 600n);
    expect((await refresh()).state).toBe(CAPTURED);
  });

  test("without news, Reconcile finds it, however long ago the payment began", async () => {
    await begin();
    shop.cards.fund(id, 1000n);
    const since = { seconds: BigInt(Math.floor(Date.now() / 1000) + 10 * 86_400), nanos: 0 };
    shop.cards.before.list = () => undefined;
    const { violations } = await shop.client.reconcile({ since }, as.staff);
    expect(violations.filter(({ paymentId }) => paymentId === id)).toMatchObject([
      { kind: PaymentViolation_Kind.STATE_DIFFERS, found: "CAPTURED", repaired: true },
      { kind: PaymentViolation_Kind.CAPTURED_DIFFERS, expected: "0", found: "1000", repaired: true },
    ]);
    expect((await shop.get(id)).state).toBe(CAPTURED);
    expect(shop.settled).toEqual([`ord_${id}`]);
  });
});

describe("giving it up", () => {
  test("the provider waits no longer; what had come goes back", async () => {
    await begin();
    shop.cards.fund(id, 400n);
    const canceled = await cancel();
    expect(canceled).toMatchObject({ state: REFUNDED, refunds: [{ completed: true }] });
    expect(moneyOf(canceled)).toMatchObject({ received: 400n, refunded: 400n });
    expect(returned()).toEqual({ unused: [400n], used: [] });
    expect(shop.cards.intents.get(`pi_${id}`)?.state).toBe("CANCELED");
    expect(await cancel()).toEqual(canceled);
    expect(await reconcile()).toEqual([]);
  });

  test("nothing had come", async () => {
    await begin();
    expect((await cancel()).state).toBe(CANCELED);
    expect(returned()).toEqual({ unused: [], used: [] });
  });

  test("money that was quicker has paid it", async () => {
    await begin();
    shop.cards.before.cancel = () => shop.cards.fund(id, 1000n);
    await expectReason(cancel(), "PAYMENT_CAPTURED", { payment_id: id });
    expect((await shop.get(id)).state).toBe(CAPTURED);
  });

  test.each([300n, 1000n, 1700n])("%s minor units that come afterwards go back", async (amount) => {
    await begin();
    await cancel();
    shop.cards.fund(id, amount);
    await hearOfMoney();
    await hearOfMoney();
    expect((await shop.get(id)).state).toBe(REFUNDED);
    expect(returned()).toEqual({ unused: [amount], used: [] });
    shop.cards.fund(id, 1n);
    await hearOfMoney();
    expect(returned()).toEqual({ unused: [amount, 1n], used: [] });
    expect(await reconcile()).toEqual([]);
  });

  test("money that pays it after it was given up here is Order's to decide on", async () => {
    await begin();
    await cancel();
    const intent = shop.cards.intents.get(`pi_${id}`);
    if (intent !== undefined) shop.cards.put({ ...intent, state: "AWAITING_TRANSFER" });
    shop.cards.fund(id, 1000n);
    await hearOfMoney();
    expect((await shop.get(id)).state).toBe(CAPTURED);
    expect(shop.settled).toEqual([`ord_${id}`]);
  });

  test("... unless the order has another live payment: then it goes back", async () => {
    await begin();
    await cancel();
    await shop.pay(`${id}-card`, { orderId: `ord_${id}` });
    const intent = shop.cards.intents.get(`pi_${id}`);
    if (intent !== undefined) shop.cards.put({ ...intent, state: "AWAITING_TRANSFER" });
    shop.cards.fund(id, 1100n);
    await hearOfMoney();
    await hearOfMoney();
    expect((await shop.get(id)).state).toBe(REFUNDED);
    expect(returned()).toEqual({ unused: [100n], used: [1000n] });
  });

  test("what the provider still waits for, though it was given up, is given up there, too", async () => {
    await begin();
    await cancel();
    const intent = shop.cards.intents.get(`pi_${id}`);
    if (intent !== undefined) shop.cards.put({ ...intent, state: "AWAITING_TRANSFER" });
    await hear("payment_intent.partially_funded", `pi_${id}`);
    expect(shop.cards.intents.get(`pi_${id}`)?.state).toBe("CANCELED");
  });

  test("a transfer canceled at the provider has ended; Order is told", async () => {
    await begin();
    shop.cards.fund(id, 200n);
    await shop.cards.cancel({ providerId: `pi_${id}` });
    await hear("payment_intent.canceled", `pi_${id}`);
    expect((await shop.get(id)).state).toBe(REFUNDED);
    expect(returned()).toEqual({ unused: [200n], used: [] });
    expect(shop.settled[0]).toBe(`ord_${id}`);
  });

  test("a refund that the provider did not answer is done by the sweep, once", async () => {
    await begin();
    shop.cards.fund(id, 400n);
    shop.cards.after.returnUnused = shop.cards.silence;
    expect((await cancel()).state).toBe(CANCELED);
    shop.cards.after = {};
    pass(120_000);
    await sweepRefunds(shop.deps);
    expect((await shop.get(id)).state).toBe(REFUNDED);
    expect(returned()).toEqual({ unused: [400n], used: [] });
    expect(shop.settled).toContain(`ord_${id}`);
  });

  test("a day later the refund is looked for, not made again", async () => {
    await begin();
    shop.cards.fund(id, 400n);
    shop.cards.after.returnUnused = shop.cards.silence;
    await cancel();
    shop.cards.after = {};
    pass(86_400_000);
    shop.cards.before.returnUnused = () => {
      throw new Error("made again");
    };
    await sweepRefunds(shop.deps);
    expect((await shop.get(id)).state).toBe(REFUNDED);
  });
});

test("canceled and paid at once, heard of N times: the money is kept once or goes back once", async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < 6; round++) {
    id = `race-${round}`;
    await begin();
    const fund = async () => {
      shop.cards.fund(id, 1000n);
      await Promise.all([refresh(), hearOfMoney(), refresh()]);
    };
    const giveUp = () => cancel().catch(() => undefined);
    await Promise.all(round % 2 === 0 ? [fund(), giveUp(), giveUp()] : [giveUp(), fund(), giveUp()]);
    await hearOfMoney();
    const payment = await shop.get(id);
    outcomes.add(Payment_State[payment.state]);
    const back = returned();
    const all = [...back.unused, ...back.used];
    expect(moneyOf(payment)).toMatchObject({ received: 1000n });
    expect(all).toEqual(payment.state === CAPTURED ? [] : [1000n]);
  }
  expect([...outcomes].every((state) => state === "CAPTURED" || state === "REFUNDED")).toBe(true);
});
