import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Dispute_Status, PaymentViolation_Kind as Kind } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { sql } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { failureOf } from "../../lib/testing/failures.ts";
import type { CardDispute } from "./dispute.ts";
import { openTestPayments, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(async () => {
  shop.cards.before = {};
  shop.cards.disputes.clear();
  shop.cards.newDisputes = true;
  await shop.db.execute(sql`delete from dispute`);
  await shop.captured(`dis-${++count}`);
  shop.settled.length = 0;
});
let count = 0;
const id = () => `dis-${count}`;

/** How the payment's only dispute stands at the provider, which has not told of it. */
function put(fields: Partial<CardDispute> = {}): void {
  const dispute: CardDispute = {
    ...{ providerId: `dp_${id()}`, currencyCode: "USD", amount: 1000n, withdrawn: 1000n },
    ...{ reason: "fraudulent", status: "NEEDS_RESPONSE", dueTime: null, createTime: new Date() },
    ...fields,
  };
  shop.cards.disputes.set(`pi_${id()}`, [dispute]);
}
const reconcile = async (dryRun = false) => (await shop.client.reconcile({ dryRun }, as.staff)).violations;
const statuses = async () => (await shop.get(id())).disputes.map(({ status }) => Dispute_Status[status]);
const violation = () => ({
  kind: Kind.DISPUTE_DIFFERS,
  paymentId: id(),
  orderId: `ord_${id()}`,
  providerId: `dp_${id()}`,
});

test("a dispute of which no webhook told is found, taken over, and told to Order", async () => {
  put();
  const found = { ...violation(), expected: "nothing", found: "NEEDS_RESPONSE, 1000 withdrawn" };
  expect(await reconcile(true)).toMatchObject([{ ...found, repaired: false }]);
  expect(await statuses()).toEqual([]);
  expect(shop.settled).toEqual([]);
  expect(await reconcile()).toMatchObject([{ ...found, repaired: true }]);
  expect(await statuses()).toEqual(["NEEDS_RESPONSE"]);
  expect(shop.settled).toEqual([`ord_${id()}`]);
  expect(await reconcile()).toEqual([]);
});

test("how an open dispute has ended is found, however long ago it began", async () => {
  put();
  await reconcile();
  put({ status: "WON", withdrawn: 0n });
  shop.cards.newDisputes = false;
  expect(await reconcile()).toMatchObject([
    { ...violation(), expected: "NEEDS_RESPONSE, 1000 withdrawn", found: "WON, 0 withdrawn", repaired: true },
  ]);
  expect(await statuses()).toEqual(["WON"]);
  // What is over is not asked after any more.
  put({ status: "LOST" });
  expect(await reconcile()).toEqual([]);
});

test("a dispute that is told of between two looks is none of its findings", async () => {
  put();
  let looks = 0;
  shop.cards.before.disputesOf = () => {
    looks++;
    if (looks === 2) shop.cards.disputes.set(`pi_${id()}`, []);
  };
  expect(await reconcile(true)).toEqual([]);
  expect(looks).toBe(2);
});

test("another shop's dispute on the same account is left alone", async () => {
  shop.cards.disputes.set("pi_of_another_shop", []);
  expect(await reconcile()).toEqual([]);
});

test("a provider that does not answer fails the call", async () => {
  shop.cards.before.listDisputed = shop.cards.silence;
  expect(reasonOf(await failureOf(reconcile()))).toBe("PROVIDER_UNAVAILABLE");
});
