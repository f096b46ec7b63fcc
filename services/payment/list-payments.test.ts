import { afterAll, beforeAll, expect, test } from "vitest";
import { Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
  for (const n of [1, 2, 3, 4, 5]) {
    await shop.pay(`pay_${n}`, { orderId: n < 4 ? "ord_a" : `ord_${n}` });
    if (n < 3) await shop.client.cancelPayment({ paymentId: `pay_${n}` }, order);
  }
  for (const paymentId of ["pay_4", "pay_5"]) {
    await shop.client.capturePayment({ paymentId }, order);
    await shop.client.refundPayment({ paymentId, amount: money("USD", 10n) }, as.staff);
  }
});
afterAll(() => shop[Symbol.asyncDispose]());

const list = async (request: Parameters<typeof shop.client.listPayments>[0]) => {
  const { payments, nextPageToken } = await shop.client.listPayments(request, as.staff);
  return { ids: payments.map((payment) => payment.id.slice(4)).join(""), payments, nextPageToken };
};

test.each([
  ["everything, the newest first", {}, "54321"],
  ["of an order", { orderId: "ord_a" }, "321"],
  ["in a state", { state: Payment_State.CANCELED }, "21"],
  ["of an order in a state", { orderId: "ord_a", state: Payment_State.AUTHORIZED }, "3"],
  ["of nobody", { orderId: "ord_none" }, ""],
])("lists %s", async (_what, request, ids) => {
  expect((await list(request)).ids).toBe(ids);
});

test("pages meet without a gap, and refunds come with their payments", async () => {
  const one = await list({ pageSize: 2 });
  const two = await list({ pageSize: 2, pageToken: one.nextPageToken });
  const three = await list({ pageSize: 2, pageToken: two.nextPageToken });
  expect([one.ids, two.ids, three.ids, three.nextPageToken]).toEqual(["54", "32", "1", ""]);
  expect(one.payments.map((payment) => payment.refunds.length)).toEqual([1, 1]);
});

test("a token of other filters, and an invented one, are refused", async () => {
  const { nextPageToken } = await list({ pageSize: 1 });
  for (const request of [{ pageToken: nextPageToken, orderId: "ord_a" }, { pageToken: "bm8" }]) {
    const err = await list(request).catch((cause: unknown) => cause);
    expect(reasonOf(err)).toBe("PAGE_TOKEN_INVALID");
  }
});

test("GetPayment of an unknown id is PAYMENT_NOT_FOUND; buyers may neither get nor list", async () => {
  expect(reasonOf(await shop.get("nobody").catch((err: unknown) => err))).toBe("PAYMENT_NOT_FOUND");
  const guest = as.guest("token");
  for (const call of [
    shop.client.getPayment({ paymentId: "pay_1" }, guest),
    shop.client.listPayments({}, guest),
  ]) {
    expect(reasonOf(await call.catch((err: unknown) => err))).toBe("PERMISSION_DENIED");
  }
});
