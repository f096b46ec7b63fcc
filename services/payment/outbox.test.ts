import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
import { money } from "../../lib/money/money.ts";
import type { OutboxEvent } from "../../lib/outbox/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { createPaymentRelay } from "./outbox.ts";
import { outcome } from "./testing/fake-cards.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
const told: OutboxEvent[] = [];
beforeAll(async () => {
  shop = await openTestPayments();
});
beforeEach(async () => {
  await publish();
  told.length = 0;
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** Publishes as another process would, whatever the one before left. */
const publish = async () => {
  await shop.db.execute(sql`delete from outbox_lease`);
  const relay = createPaymentRelay({
    ...shop.deps,
    webhooks: {
      publishEvents: async ({ events }) => {
        told.push(...(events as OutboxEvent[]));
        return { $typeName: "rowlock.webhook.v1.PublishEventsResponse" };
      },
    },
  });
  await relay.run();
};
const types = () => told.map(({ type }) => type);

test("money that is taken and given back is told once each", async () => {
  await shop.captured("pay-1");
  await publish();
  expect(types()).toEqual(["payment.captured"]);
  const refund = (cents: bigint) =>
    shop.client.refundPayment({ paymentId: "pay-1", amount: money("USD", cents) }, as.staff);
  await refund(300n);
  await refund(700n);
  await publish();
  expect(types()).toEqual(["payment.captured", "payment.refunded", "payment.refunded"]);
  await shop.client.refreshPayment({ paymentId: "pay-1" }, order);
  await publish();
  expect(told).toHaveLength(3);
  expect(new Set(told.map(({ id }) => id)).size).toBe(3);
});

test("a payment that fails is told, under its order", async () => {
  shop.cards.script.set("pm_declined", outcome({ state: "FAILED", declineCode: "insufficient_funds" }));
  const method = { case: "card", value: { paymentMethod: "pm_declined" } } as const;
  await shop.pay("pay-2", { method });
  await publish();
  expect(types()).toEqual(["payment.failed"]);
  expect(told[0]?.subject).toBe("ord_pay-2");
  expect(JSON.parse(told[0]?.data ?? "")).toMatchObject({
    payment: {
      ...{ id: "pay-2", orderId: "ord_pay-2", state: "STATE_FAILED", declineCode: "insufficient_funds" },
      amount: { currencyCode: "USD", amount: 1000 },
    },
  });
});

test("what opens a payment is not told", async () => {
  await shop.captured("pay-3");
  await shop.db.execute(sql`
    update payment set client_secret = 'pi_secret', redirect_url = 'https://bank.test/3ds' where id = 'pay-3'`);
  await publish();
  expect(JSON.parse(told[0]?.data ?? "").payment).toMatchObject({ clientSecret: "", redirectUrl: "" });
});

test("a transfer that is confirmed is money that is taken", async () => {
  await shop.transfer("pay-4");
  await publish();
  expect(told).toEqual([]);
  await shop.client.confirmPayment({ paymentId: "pay-4" }, as.staff);
  await publish();
  expect(types()).toEqual(["payment.captured"]);
});
