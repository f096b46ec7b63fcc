import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Dispute_Status, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import type { CardDispute } from "./dispute.ts";
import { findPayment } from "./store-payment.ts";
import { syncDisputes } from "./sync-disputes.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.cards.before = {};
  shop.cards.after = {};
  shop.settled.length = 0;
  shop.jobs.length = 0;
});

const dueTime = new Date("2026-12-24T00:00:00Z");
const begun: CardDispute = {
  providerId: "dp_1",
  currencyCode: "USD",
  amount: 1000n,
  withdrawn: 1000n,
  reason: "fraudulent",
  status: "NEEDS_RESPONSE",
  dueTime,
  createTime: new Date("2026-12-01T00:00:00Z"),
};
const ended = { dueTime: null };
/** How the payment's only dispute stands at the provider. */
const put = (id: string, fields: Partial<CardDispute> = {}) => {
  shop.cards.disputes.set(`pi_${id}`, [{ ...begun, providerId: `dp_${id}`, ...fields }]);
};
let last = 0;
/** The provider tells of a dispute; the inbox's job is done as a worker would. */
async function tell(id: string, type = "charge.dispute.created", eventId = `evt_${++last}`): Promise<void> {
  const event = {
    provider: "stripe",
    providerEventId: eventId,
    type,
    subject: `pi_${id}`,
    payload: { paymentId: "" },
  };
  await shop.client.receiveStripeWebhook(
    { content: { contentType: "application/json", data: Buffer.from(JSON.stringify(event)) } },
    { headers: { "stripe-signature": "good" } },
  );
  for (const { data } of shop.jobs.splice(0).filter(({ queue }) => queue === "payment.webhook")) {
    const job = { data: data as { eventId: string }, attempt: 1, signal: new AbortController().signal };
    await shop.inbox.work(job);
  }
}
const sync = async (id: string) => {
  const payment = await findPayment(shop.db, id);
  if (payment === undefined) throw new Error(`no payment ${id}`);
  await syncDisputes(shop.deps, payment);
};
const refund = (paymentId: string, amount?: bigint) =>
  shop.client
    .refundPayment({ paymentId, ...(amount !== undefined && { amount: money("USD", amount) }) }, as.staff)
    .then(
      ({ refunded }) => refunded?.amount,
      (err: unknown) => errorInfo(err),
    );
const statusOf = async (id: string) =>
  (await shop.get(id)).disputes.map(({ status }) => Dispute_Status[status]).join();

test("a dispute is recorded as it stands, shown with its payment, listed, and told to Order and others", async () => {
  await shop.captured("dis-1");
  shop.settled.length = 0;
  put("dis-1");
  await tell("dis-1");
  const expected = {
    id: expect.stringMatching(/^dsp_/),
    paymentId: "dis-1",
    orderId: "ord_dis-1",
    providerId: "dp_dis-1",
    amount: { amount: 1000n, currencyCode: "USD" },
    withdrawn: { amount: 1000n },
    reason: "fraudulent",
    status: Dispute_Status.NEEDS_RESPONSE,
    dueTime: { seconds: BigInt(dueTime.getTime() / 1000) },
  };
  expect(await shop.get("dis-1")).toMatchObject({ state: Payment_State.CAPTURED, disputes: [expected] });
  const { payments } = await shop.client.listPayments({ orderId: "ord_dis-1" }, as.staff);
  expect(payments).toMatchObject([{ disputes: [expected] }]);
  expect((await shop.client.listDisputes({}, as.staff)).disputes).toMatchObject([expected]);
  expect(shop.settled).toEqual(["ord_dis-1"]);
  const told = await shop.db.query(sql`select kind from outbox where payment_id = 'dis-1' order by id`);
  expect(told).toEqual([{ kind: "captured" }, { kind: "disputed" }]);
});

test("the same event again, and one that tells nothing new, change nothing", async () => {
  await shop.captured("dis-2");
  put("dis-2");
  await tell("dis-2", "charge.dispute.created", "evt_same");
  const before = await shop.get("dis-2");
  shop.settled.length = 0;
  await tell("dis-2", "charge.dispute.created", "evt_same");
  await tell("dis-2", "charge.dispute.funds_withdrawn");
  expect(await shop.get("dis-2")).toEqual(before);
  expect(shop.settled).toEqual([]);
});

test("events in the wrong order leave it as it stands now", async () => {
  await shop.captured("dis-3");
  put("dis-3", { ...ended, status: "WON", withdrawn: 0n });
  for (const type of ["funds_reinstated", "closed", "created", "funds_withdrawn"]) {
    await tell("dis-3", `charge.dispute.${type}`);
  }
  expect((await shop.get("dis-3")).disputes).toMatchObject([
    { status: Dispute_Status.WON, withdrawn: { amount: 0n } },
  ]);
  expect((await shop.get("dis-3")).disputes[0]?.dueTime).toBeUndefined();
});

test("what was seen early and is written late does not take the place of what was seen since", async () => {
  await shop.captured("dis-4");
  put("dis-4");
  const late = Promise.withResolvers<void>();
  shop.cards.after.disputesOf = () => late.promise;
  const slow = sync("dis-4");
  await expect.poll(() => shop.cards.calls.some(({ id }) => id === "pi_dis-4")).toBe(true);
  shop.cards.after = {};
  put("dis-4", { ...ended, status: "LOST" });
  await sync("dis-4");
  late.resolve();
  await slow;
  expect(await statusOf("dis-4")).toBe("LOST");
});

test("an old look still brings what nobody has seen, and a verdict may change", async () => {
  await shop.captured("dis-5");
  put("dis-5", { ...ended, status: "WON", withdrawn: 0n });
  await sync("dis-5");
  put("dis-5", { ...ended, status: "LOST" });
  await sync("dis-5");
  expect(await statusOf("dis-5")).toBe("LOST");
});

test("N looks at once record one dispute and tell Order once", async () => {
  await shop.captured("dis-6");
  shop.settled.length = 0;
  put("dis-6");
  await Promise.all(Array.from({ length: 12 }, () => sync("dis-6")));
  expect((await shop.get("dis-6")).disputes).toHaveLength(1);
  expect(shop.settled).toEqual(["ord_dis-6"]);
});

test("a dispute of a payment that is not the shop's is nothing", async () => {
  put("stranger");
  await tell("stranger");
  const { disputes } = await shop.client.listDisputes({ pageSize: 200 }, as.staff);
  expect(disputes.map(({ providerId }) => providerId)).not.toContain("dp_stranger");
  expect(shop.settled).toEqual([]);
});

test("a provider that does not answer fails the attempt, and nothing is recorded", async () => {
  await shop.captured("dis-7");
  put("dis-7");
  shop.cards.before.disputesOf = shop.cards.silence;
  expect(reasonOf(await tell("dis-7").catch((err: unknown) => err))).toBe("PROVIDER_UNAVAILABLE");
  expect((await shop.get("dis-7")).disputes).toEqual([]);
});

test.each(["NEEDS_RESPONSE", "UNDER_REVIEW", "LOST"] as const)(
  "money that a dispute (%s) has taken is not given back once more",
  async (status) => {
    const id = `taken-${status}`;
    await shop.captured(id);
    put(id, { status });
    await tell(id);
    for (const amount of [undefined, 1n, 1000n]) {
      expect(await refund(id, amount)).toMatchObject({
        reason: "PAYMENT_DISPUTED",
        metadata: { payment_id: id, refundable: "0", currency_code: "USD" },
      });
    }
    expect(await refund(id, 1001n)).toMatchObject({ reason: "REFUND_TOO_LARGE" });
    const byOrder = await shop.client.refundPayment({ paymentId: id }, order).catch((err: unknown) => err);
    expect(reasonOf(byOrder)).toBe("PAYMENT_DISPUTED");
    expect((await shop.get(id)).refunded?.amount).toBe(0n);
  },
);

test.each([
  ["INQUIRY_NEEDS_RESPONSE", 0n],
  ["INQUIRY_CLOSED", 0n],
  ["WON", 0n],
] as const)("a payment whose money is here (%s) is refunded", async (status, withdrawn) => {
  const id = `here-${status}`;
  await shop.captured(id);
  put(id, { status, withdrawn });
  await tell(id);
  expect(await refund(id)).toBe(1000n);
});

test("of a payment that is disputed in part the rest is refunded", async () => {
  await shop.captured("part-1");
  put("part-1", { amount: 400n, withdrawn: 400n });
  await tell("part-1");
  expect(await refund("part-1", 601n)).toMatchObject({
    reason: "PAYMENT_DISPUTED",
    metadata: { refundable: "600" },
  });
  expect(await refund("part-1")).toBe(600n);
  expect(await refund("part-1")).toMatchObject({ reason: "PAYMENT_DISPUTED" });
});

test("disputes are listed by status, page by page, to staff alone", async () => {
  for (let n = 0; n < 5; n++) {
    await shop.captured(`page-${n}`);
    put(`page-${n}`, { status: "PREVENTED", withdrawn: 0n });
    await sync(`page-${n}`);
  }
  const status = Dispute_Status.PREVENTED;
  const found: string[] = [];
  for (let pageToken = "", more = true; more; more = pageToken !== "") {
    const page = await shop.client.listDisputes({ status, pageSize: 2, pageToken }, as.staff);
    found.push(...page.disputes.map(({ paymentId }) => paymentId));
    pageToken = page.nextPageToken;
  }
  expect(found).toEqual(["page-4", "page-3", "page-2", "page-1", "page-0"]);
  const { nextPageToken } = await shop.client.listDisputes({ status, pageSize: 2 }, as.staff);
  const other = shop.client.listDisputes({ pageSize: 2, pageToken: nextPageToken }, as.staff);
  expect(reasonOf(await other.catch((err: unknown) => err))).toBe("PAGE_TOKEN_INVALID");
  const guest = shop.client.listDisputes({}, as.guest("token"));
  expect(reasonOf(await guest.catch((err: unknown) => err))).toBe("PERMISSION_DENIED");
});
