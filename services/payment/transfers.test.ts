import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";

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

const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (err: unknown) => err,
  );

test("a confirmed transfer is captured; Order is told at once, and by a job that comes after", async () => {
  await shop.transfer("confirm-1");
  const payment = await shop.client.confirmPayment({ paymentId: "confirm-1" }, as.staff);
  expect(payment.state).toBe(Payment_State.CAPTURED);
  expect(shop.settled).toEqual(["ord_confirm-1"]);
  expect(shop.jobs).toEqual([
    { queue: "payment.changed", data: { orderId: "ord_confirm-1" }, startAfter: 5 },
  ]);
});

test("a rejected transfer has failed, and says why", async () => {
  await shop.transfer("reject-1");
  const payment = await shop.client.rejectPayment(
    { paymentId: "reject-1", reason: "no money came" },
    as.staff,
  );
  expect(payment).toMatchObject({
    state: Payment_State.FAILED,
    declineCode: "rejected",
    declineMessage: "no money came",
  });
  expect(shop.settled).toEqual(["ord_reject-1"]);
});

test.each(["confirmPayment", "rejectPayment"] as const)("%s twice is the same as once", async (rpc) => {
  await shop.transfer(`twice-${rpc}`);
  const first = await shop.client[rpc]({ paymentId: `twice-${rpc}` }, as.staff);
  expect(await shop.client[rpc]({ paymentId: `twice-${rpc}` }, as.staff)).toEqual(first);
  expect(shop.jobs).toHaveLength(1);
});

test("a confirmation whose order gave the money back answers so, also when repeated", async () => {
  await shop.transfer("late-1");
  shop.settle = async () => void (await shop.client.refundPayment({ paymentId: "late-1" }, order));
  for (let time = 0; time < 2; time++) {
    const payment = await shop.client.confirmPayment({ paymentId: "late-1" }, as.staff);
    expect(payment).toMatchObject({ state: Payment_State.REFUNDED, refunded: { amount: 1000n } });
    expect(payment.refunds).toMatchObject([{ completed: true, providerId: "" }]);
  }
});

test("an Order that does not answer fails neither the call nor the change; the job remains", async () => {
  await shop.transfer("deaf-1");
  shop.settle = () => {
    throw new Error("order is away");
  };
  const payment = await shop.client.confirmPayment({ paymentId: "deaf-1" }, as.staff);
  expect(payment.state).toBe(Payment_State.CAPTURED);
  expect(shop.jobs).toHaveLength(1);
});

test("a job that cannot be enqueued undoes the change, and Order hears nothing", async () => {
  await shop.transfer("atomic-1");
  const { enqueue } = shop.deps.jobs;
  shop.deps.jobs.enqueue = () => Promise.reject(new Error("no queue"));
  await failure(shop.client.confirmPayment({ paymentId: "atomic-1" }, as.staff));
  shop.deps.jobs.enqueue = enqueue;
  expect((await shop.get("atomic-1")).state).toBe(Payment_State.AWAITING_TRANSFER);
  expect(shop.settled).toEqual([]);
});

test.each([
  [
    "confirmPayment",
    "FAILED",
    () => shop.client.rejectPayment({ paymentId: "over-confirmPayment" }, as.staff),
  ],
  [
    "rejectPayment",
    "CAPTURED",
    () => shop.client.confirmPayment({ paymentId: "over-rejectPayment" }, as.staff),
  ],
] as const)("%s after the opposite is refused (%s)", async (rpc, state, opposite) => {
  const paymentId = `over-${rpc}`;
  await shop.transfer(paymentId);
  await opposite();
  expect(errorInfo(await failure(shop.client[rpc]({ paymentId }, as.staff)))).toMatchObject({
    reason: "PAYMENT_NOT_AWAITING_TRANSFER",
    metadata: { payment_id: paymentId, state },
  });
});

test.each(["confirmPayment", "rejectPayment"] as const)(
  "%s is not for canceled transfers, nor cards",
  async (rpc) => {
    await shop.transfer(`canceled-${rpc}`);
    const canceled = await shop.client.cancelPayment({ paymentId: `canceled-${rpc}` }, order);
    expect(canceled.state).toBe(Payment_State.CANCELED);
    await shop.pay(`card-${rpc}`);
    await shop.captured(`captured-${rpc}`);
    for (const paymentId of [`canceled-${rpc}`, `card-${rpc}`, `captured-${rpc}`]) {
      const err = await failure(shop.client[rpc]({ paymentId }, as.staff));
      expect(reasonOf(err)).toBe("PAYMENT_NOT_AWAITING_TRANSFER");
    }
    expect(reasonOf(await failure(shop.client[rpc]({ paymentId: "nobody" }, as.staff)))).toBe(
      "PAYMENT_NOT_FOUND",
    );
  },
);

test("confirm, reject and cancel at once: exactly one wins", async () => {
  for (let round = 0; round < 10; round++) {
    const paymentId = `duel-${round}`;
    await shop.transfer(paymentId);
    shop.jobs.length = 0;
    const outcomes = await Promise.allSettled([
      shop.client.confirmPayment({ paymentId }, as.staff),
      shop.client.rejectPayment({ paymentId }, as.staff),
      shop.client.cancelPayment({ paymentId }, order),
    ]);
    const { state } = await shop.get(paymentId);
    const winners = outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value.state] : []));
    // Canceling what was rejected, and the other way round, changes nothing: both say how it ended.
    expect(new Set(winners)).toEqual(new Set([state]));
    expect(shop.jobs).toHaveLength(state === Payment_State.CANCELED ? 0 : 1);
  }
});

test("only staff confirm and reject", async () => {
  await shop.transfer("access-1");
  for (const rpc of ["confirmPayment", "rejectPayment"] as const) {
    const err = await failure(shop.client[rpc]({ paymentId: "access-1" }, as.guest("token")));
    expect(reasonOf(err)).toBe("PERMISSION_DENIED");
  }
});
