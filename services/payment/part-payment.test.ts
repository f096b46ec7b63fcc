import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason } from "../../lib/testing/failures.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";
import { importRows, moneyOf, resultsOf } from "./testing/statement.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.settle = () => undefined;
  shop.jobs.length = 0;
  shop.settled.length = 0;
});

/** The bank tells of amounts for a payment, each by a statement of its own. */
async function come({ reference }: Payment, ...amounts: string[]): Promise<string[]> {
  const results: string[] = [];
  for (const amount of amounts) {
    const row = { reference, amount, id: `t-${Math.random()}` };
    results.push(...resultsOf(await importRows(shop, [row])));
  }
  return results;
}

const cancel = (paymentId: string) => shop.client.cancelPayment({ paymentId }, order);
const reject = (paymentId: string) => shop.client.rejectPayment({ paymentId, reason: "too late" }, as.staff);
const confirm = (paymentId: string) => shop.client.confirmPayment({ paymentId }, as.staff);
const stand = async (id: string) => {
  const payment = await shop.get(id);
  const { received, missing, excess, refunded } = moneyOf(payment);
  return { state: Payment_State[payment.state], received, missing, excess, refunded };
};
const nothing = { received: 0n, missing: 0n, excess: 0n, refunded: 0n };

test("a part waits for the rest, and Order is told of each", async () => {
  const payment = await shop.transfer("parts");
  expect(await come(payment, "4.00")).toEqual(["PART_PAID"]);
  expect(await stand("parts")).toEqual({
    ...nothing,
    state: "AWAITING_TRANSFER",
    received: 400n,
    missing: 600n,
  });
  expect(shop.settled).toEqual(["ord_parts"]);
  expect(await come(payment, "5.99")).toEqual(["PART_PAID"]);
  expect(await come(payment, "0.01")).toEqual(["MATCHED"]);
  expect(await stand("parts")).toEqual({ ...nothing, state: "CAPTURED", received: 1000n });
  expect(shop.settled).toHaveLength(3);
});

test("staff may confirm what a part has come of; its rest is not counted twice when it comes", async () => {
  const payment = await shop.transfer("by-hand");
  await come(payment, "4.00");
  await confirm("by-hand");
  expect(await stand("by-hand")).toEqual({ ...nothing, state: "CAPTURED", received: 1000n });
  expect(await come(payment, "6.00")).toEqual(["MATCHED"]);
  expect(await stand("by-hand")).toEqual({ ...nothing, state: "CAPTURED", received: 1000n });
  expect(await come(payment, "1.00")).toEqual(["OVERPAID"]);
  expect(await stand("by-hand")).toEqual({ ...nothing, state: "CAPTURED", received: 1100n, excess: 100n });
});

describe("what was paid too much", () => {
  const back = (paymentId: string, more: object = {}) =>
    shop.client.refundPayment({ paymentId, excess: true, ...more }, as.staff);
  const tooLarge = (refundable: string) =>
    ["REFUND_TOO_LARGE", { refundable, currency_code: "USD" }] as const;

  test("is paid back once, and the payment stays paid", async () => {
    const payment = await shop.transfer("excess");
    expect(await come(payment, "12.50")).toEqual(["OVERPAID"]);
    expect(await stand("excess")).toEqual({ ...nothing, state: "CAPTURED", received: 1250n, excess: 250n });
    const paid = await back("excess", { requestId: "1" });
    expect(paid.refunds).toMatchObject([{ amount: { amount: 250n }, excess: true, completed: true }]);
    expect(await back("excess", { requestId: "1" })).toEqual(paid);
    const after = { ...nothing, state: "CAPTURED", received: 1250n, refunded: 250n };
    expect(await stand("excess")).toEqual(after);
    await expectReason(back("excess"), ...tooLarge("0"));
    // More of it may come.
    expect(await come(payment, "0.50")).toEqual(["OVERPAID"]);
    expect(await stand("excess")).toEqual({ ...after, received: 1300n, excess: 50n });
  });

  test("is not made less by what else goes back, and goes back with all", async () => {
    const payment = await shop.transfer("excess-rest");
    await come(payment, "12.00");
    await shop.client.refundPayment({ paymentId: "excess-rest", amount: money("USD", 300n) }, as.staff);
    expect(await stand("excess-rest")).toMatchObject({ state: "CAPTURED", excess: 200n, refunded: 300n });
    await shop.client.refundPayment({ paymentId: "excess-rest" }, as.staff);
    expect(await stand("excess-rest")).toEqual({
      ...nothing,
      state: "REFUNDED",
      received: 1200n,
      refunded: 1200n,
    });
    await expectReason(back("excess-rest"), ...tooLarge("0"));
  });

  test("10 at once pay it back once", async () => {
    const payment = await shop.transfer("excess-race");
    await come(payment, "13.00");
    await Promise.allSettled(Array.from({ length: 10 }, () => back("excess-race")));
    expect(await stand("excess-race")).toEqual({
      ...nothing,
      state: "CAPTURED",
      received: 1300n,
      refunded: 300n,
    });
  });

  test("excludes an amount", async () => {
    await shop.transfer("excess-both");
    await expect(back("excess-both", { amount: money("USD", 1n) })).rejects.toThrow("exclude each other");
  });
});

describe("a part of what is given up goes back", () => {
  test("when it is canceled; again changes nothing", async () => {
    const payment = await shop.transfer("part-canceled");
    await come(payment, "4.00");
    for (let time = 0; time < 2; time++) {
      const canceled = await cancel("part-canceled");
      expect(canceled.state).toBe(Payment_State.REFUNDED);
      expect(canceled.refunds).toMatchObject([{ amount: { amount: 400n }, completed: true }]);
    }
    expect(await stand("part-canceled")).toEqual({
      ...nothing,
      state: "REFUNDED",
      received: 400n,
      refunded: 400n,
    });
  });

  test("when it is rejected; again changes nothing, and says why", async () => {
    const payment = await shop.transfer("part-rejected");
    await come(payment, "4.00");
    shop.settled.length = 0;
    for (let time = 0; time < 2; time++) {
      expect(await reject("part-rejected")).toMatchObject({
        state: Payment_State.REFUNDED,
        declineCode: "rejected",
        declineMessage: "too late",
        refunded: { amount: 400n },
      });
    }
    expect(shop.settled).toEqual(["ord_part-rejected"]);
  });

  test.each(["canceled", "rejected"])(
    "and so does a part that comes after it was %s, each by itself",
    async (how) => {
      const id = `late-part-${how}`;
      const payment = await shop.transfer(id);
      await (how === "canceled" ? cancel(id) : reject(id));
      shop.settled.length = 0;
      expect(await come(payment, "4.00", "6.00", "10.00")).toEqual(["RETURNED", "RETURNED", "RETURNED"]);
      expect(await stand(id)).toEqual({ ...nothing, state: "REFUNDED", received: 2000n, refunded: 2000n });
      expect((await shop.get(id)).refunds).toHaveLength(3);
      expect(shop.settled).toHaveLength(3);
    },
  );
});

test.each(["canceled", "rejected"])(
  "the whole amount that comes after it was %s is captured: Order decides",
  async (how) => {
    const id = `late-${how}`;
    const payment = await shop.transfer(id);
    await (how === "canceled" ? cancel(id) : reject(id));
    shop.settled.length = 0;
    expect(await come(payment, "10.00")).toEqual(["MATCHED"]);
    expect(await stand(id)).toEqual({ ...nothing, state: "CAPTURED", received: 1000n });
    expect(shop.settled).toEqual([`ord_${id}`]);
  },
);

test("the whole amount for an order that is paid otherwise goes back", async () => {
  const payment = await shop.transfer("other-1", { orderId: "ord_other" });
  await cancel("other-1");
  await shop.pay("other-2", { orderId: "ord_other" });
  expect(await come(payment, "10.00", "2.00")).toEqual(["RETURNED", "RETURNED"]);
  expect(await stand("other-1")).toEqual({ ...nothing, state: "REFUNDED", received: 1200n, refunded: 1200n });
  expect((await shop.get("other-2")).state).toBe(Payment_State.AUTHORIZED);
});

test("so it does when it is assigned by hand", async () => {
  await shop.transfer("other-3", { orderId: "ord_other-3" });
  await cancel("other-3");
  await shop.pay("other-4", { orderId: "ord_other-3" });
  const [row] = await importRows(shop, [{ reference: "who", id: "other-3" }]);
  const bankTransactionId = row?.transaction?.id ?? "";
  await shop.client.assignBankTransaction({ bankTransactionId, paymentId: "other-3" }, as.staff);
  expect(await stand("other-3")).toEqual({ ...nothing, state: "REFUNDED", received: 1000n, refunded: 1000n });
});

test("what comes when all has gone back goes back, too", async () => {
  const payment = await shop.transfer("after-refund");
  await come(payment, "10.00");
  await shop.client.refundPayment({ paymentId: "after-refund" }, as.staff);
  expect(await come(payment, "3.00")).toEqual(["RETURNED"]);
  expect(await stand("after-refund")).toEqual({
    ...nothing,
    state: "REFUNDED",
    received: 1300n,
    refunded: 1300n,
  });
});

test("a transfer that staff confirmed and gave back is no more than that when its statement comes", async () => {
  const payment = await shop.transfer("hand-refund");
  await confirm("hand-refund");
  await shop.client.refundPayment({ paymentId: "hand-refund" }, as.staff);
  expect(await come(payment, "10.00")).toEqual(["MATCHED"]);
  expect(await stand("hand-refund")).toEqual({
    ...nothing,
    state: "REFUNDED",
    received: 1000n,
    refunded: 1000n,
  });
});
