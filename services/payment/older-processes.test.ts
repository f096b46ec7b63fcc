import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { sql } from "../../lib/db/index.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
let paymentId: string;
let count = 0;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(async () => {
  paymentId = `old-${++count}`;
  await shop.pay(paymentId);
});

/** How processes that know nothing of "received" move a payment. */
const moveAsBefore = (to: string) =>
  shop.db.execute(sql`
    update payment set decline_code = '', decline_message = '', state = ${to}, update_time = now()
    where id = ${paymentId}`);
/** How they count a refund. */
const refundAsBefore = (cents: number) =>
  shop.db.execute(sql`
    update payment set refunded = refunded + ${cents}, update_time = now() where id = ${paymentId}`);
const refundTheRest = () => shop.client.refundPayment({ paymentId }, as.staff);

test("what an older process captured was received whole, and can be given back", async () => {
  await moveAsBefore("CAPTURED");
  expect(await shop.get(paymentId)).toMatchObject({
    state: Payment_State.CAPTURED,
    received: money("USD", 1000n),
  });
  expect(await refundTheRest()).toMatchObject({
    state: Payment_State.REFUNDED,
    refunded: money("USD", 1000n),
  });
});

test("what an older process gave back of its capture counts for all", async () => {
  await moveAsBefore("CAPTURED");
  await refundAsBefore(400);
  const paid = await refundTheRest();
  expect(paid).toMatchObject({ state: Payment_State.REFUNDED, refunded: money("USD", 1000n) });
  expect(paid.refunds).toMatchObject([{ amount: money("USD", 600n) }]);
});

test("money that came after the attempt failed goes back by an older process, too", async () => {
  await moveAsBefore("FAILED");
  await refundAsBefore(1000);
  expect(await shop.get(paymentId)).toMatchObject({
    state: Payment_State.FAILED,
    received: money("USD", 1000n),
    refunded: money("USD", 1000n),
  });
});

test.each([
  ["a part of the money does not pay it", sql`received = 999, state = 'CAPTURED'`, "payment_captured_whole"],
  ["more than came does not go back", sql`received = 5, refunded = 6`, "payment_refunded_range"],
  ["more than it is does not go back", sql`refunded = 1001`, "payment_refunded_range"],
])("%s, whoever writes it", async (_what, change, constraint) => {
  const write = shop.db.execute(sql`update payment set ${change} where id = ${paymentId}`);
  await expect(write).rejects.toThrow(constraint);
});

test("what is only awaited has received nothing", async () => {
  const awaited = await shop.transfer(`${paymentId}-transfer`);
  expect(awaited.received).toEqual(money("USD", 0n));
  expect((await shop.client.cancelPayment({ paymentId }, order)).received).toEqual(money("USD", 0n));
});
