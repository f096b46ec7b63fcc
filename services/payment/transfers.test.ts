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
    {
      queue: "payment.changed",
      data: { orderId: "ord_confirm-1", paymentId: "confirm-1" },
      startAfter: 5,
    },
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

test("a rejection after the confirmation is refused", async () => {
  await shop.transfer("over");
  await shop.client.confirmPayment({ paymentId: "over" }, as.staff);
  const err = await failure(shop.client.rejectPayment({ paymentId: "over" }, as.staff));
  expect(errorInfo(err)).toMatchObject({
    reason: "PAYMENT_NOT_AWAITING_TRANSFER",
    metadata: { payment_id: "over", state: "CAPTURED" },
  });
});

test.each([
  ["rejected", () => shop.client.rejectPayment({ paymentId: "late-rejected" }, as.staff)],
  ["canceled", () => shop.client.cancelPayment({ paymentId: "late-canceled" }, order)],
] as const)("money that comes for a %s transfer is money: captured, and Order decides", async (how, end) => {
  const paymentId = `late-${how}`;
  await shop.transfer(paymentId);
  await end();
  shop.settled.length = 0;
  const payment = await shop.client.confirmPayment({ paymentId }, as.staff);
  expect(payment.state).toBe(Payment_State.CAPTURED);
  expect(shop.settled).toEqual([`ord_${paymentId}`]);
});

test("late money for an order that is paid otherwise goes back, once", async () => {
  await shop.transfer("other-1", { orderId: "ord_other" });
  await shop.client.cancelPayment({ paymentId: "other-1" }, order);
  await shop.pay("other-2", { orderId: "ord_other" });
  for (let time = 0; time < 2; time++) {
    const payment = await shop.client.confirmPayment({ paymentId: "other-1" }, as.staff);
    expect(payment).toMatchObject({ state: Payment_State.REFUNDED, refunded: { amount: 1000n } });
    expect(payment.refunds).toHaveLength(1);
  }
  expect((await shop.get("other-2")).state).toBe(Payment_State.AUTHORIZED);
});

test("late money of an attempt that Order has left for another goes back", async () => {
  await shop.transfer("left-1");
  await shop.client.cancelPayment({ paymentId: "left-1" }, order);
  shop.orderPayment = "left-2";
  const payment = await shop.client.confirmPayment({ paymentId: "left-1" }, as.staff);
  shop.orderPayment = "";
  expect(payment).toMatchObject({ state: Payment_State.REFUNDED, refunded: { amount: 1000n } });
});

test.each(["confirmPayment", "rejectPayment"] as const)("%s is not for cards", async (rpc) => {
  await shop.pay(`card-${rpc}`);
  await shop.captured(`captured-${rpc}`);
  for (const paymentId of [`card-${rpc}`, `captured-${rpc}`]) {
    const err = await failure(shop.client[rpc]({ paymentId }, as.staff));
    expect(reasonOf(err)).toBe("PAYMENT_NOT_AWAITING_TRANSFER");
  }
  const err = await failure(shop.client[rpc]({ paymentId: "nobody" }, as.staff));
  expect(reasonOf(err)).toBe("PAYMENT_NOT_FOUND");
});

test("a canceled transfer cannot be rejected", async () => {
  await shop.transfer("canceled-1");
  await shop.client.cancelPayment({ paymentId: "canceled-1" }, order);
  const err = await failure(shop.client.rejectPayment({ paymentId: "canceled-1" }, as.staff));
  expect(reasonOf(err)).toBe("PAYMENT_NOT_AWAITING_TRANSFER");
});

test("confirm, reject and cancel at once: the money that came counts, whoever was first", async () => {
  for (let round = 0; round < 10; round++) {
    const paymentId = `duel-${round}`;
    await shop.transfer(paymentId);
    shop.jobs.length = 0;
    const [confirmed] = await Promise.allSettled([
      shop.client.confirmPayment({ paymentId }, as.staff),
      shop.client.rejectPayment({ paymentId }, as.staff),
      shop.client.cancelPayment({ paymentId }, order),
    ]);
    expect(confirmed).toMatchObject({ status: "fulfilled", value: { state: Payment_State.CAPTURED } });
    expect((await shop.get(paymentId)).state).toBe(Payment_State.CAPTURED);
  }
});

test.each(["confirmPayment", "rejectPayment"] as const)(
  "%s with a key answers the same again",
  async (rpc) => {
    const paymentId = `key-${rpc}`;
    await shop.transfer(paymentId);
    const request = { paymentId, requestId: `k-${rpc}` };
    const first = await shop.client[rpc](request, as.staff);
    if (rpc === "confirmPayment") await shop.client.refundPayment({ paymentId }, order);
    expect(await shop.client[rpc](request, as.staff)).toEqual(first);
    const other = await failure(shop.client[rpc]({ ...request, paymentId: "another" }, as.staff));
    expect(reasonOf(other)).toBe("REQUEST_ID_REUSED");
  },
);

test("only staff confirm and reject", async () => {
  await shop.transfer("access-1");
  for (const rpc of ["confirmPayment", "rejectPayment"] as const) {
    const err = await failure(shop.client[rpc]({ paymentId: "access-1" }, as.guest("token")));
    expect(reasonOf(err)).toBe("PERMISSION_DENIED");
  }
});
