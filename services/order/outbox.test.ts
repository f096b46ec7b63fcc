import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
import type { OutboxEvent } from "../../lib/outbox/index.ts";
import { createOrderRelay } from "./outbox.ts";
import { contact, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
const told: OutboxEvent[] = [];
beforeAll(async () => {
  shop = await TestOrders.open();
});
beforeEach(async () => {
  shop.reset();
  await shop.drain();
  await relay().run();
  told.length = 0;
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const relay = () =>
  createOrderRelay({
    ...shop.deps,
    webhooks: {
      publishEvents: async ({ events }) => {
        told.push(...(events as OutboxEvent[]));
        return { $typeName: "rowlock.webhook.v1.PublishEventsResponse" };
      },
    },
  });
/** Publishes as another process would, whatever the one before left. */
const publish = async () => {
  await shop.db.execute(sql`delete from outbox_lease`);
  await relay().run();
};
const types = () => told.map(({ type }) => type);
const dataOf = ({ data }: OutboxEvent) => JSON.parse(data);

test("what happens to an order is told, in its order, once", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  await shop.work();
  await publish();
  expect(types()).toEqual(["order.placed", "order.paid", "order.fulfilled"]);
  expect(told.map(({ subject }) => subject)).toEqual([buyer.orderId, buyer.orderId, buyer.orderId]);
  expect(new Set(told.map(({ id }) => id)).size).toBe(3);
  expect(told[0]?.id).toMatch(/^order:\d+$/);
  await publish();
  expect(told).toHaveLength(3);
});

test("the data is the order as REST writes it, without what opens its payment", async () => {
  const buyer = await shop.ready();
  const held = await buyer.pay("pm_3ds");
  expect(held.payment).toMatchObject({ redirectUrl: "https://bank.test/3ds" });
  await publish();
  const { order } = dataOf(told[0] as OutboxEvent);
  expect(order).toMatchObject({
    id: buyer.orderId,
    state: "STATE_PENDING_PAYMENT",
    contact,
    lines: [{ sku: "MUG", quantity: 2, unitPrice: { currencyCode: "USD", amount: 1000 } }],
    total: { currencyCode: "USD", amount: 2500 },
    payment: { id: held.payment?.id, clientSecret: "", redirectUrl: "" },
  });
});

test.each([
  ["canceled", async (buyer: Awaited<ReturnType<TestOrders["ready"]>>) => void (await buyer.cancel())],
  [
    "expired",
    async () => {
      shop.advance(16 * 60_000);
      await shop.sweep();
    },
  ],
])("an order that is %s", async (kind, end) => {
  const buyer = await shop.ready();
  await end(buyer);
  await publish();
  expect(types()).toEqual(["order.placed", `order.${kind}`]);
});

test("parts given back are told, and the whole", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  await shop.work();
  await publish();
  told.length = 0;
  await buyer.refund({ MUG: 1 });
  await shop.work();
  await publish();
  expect(types()).toEqual(["order.refunded"]);
  expect(dataOf(told[0] as OutboxEvent).order.refunds).toHaveLength(1);
});

test("what is published while an order changes is told as well", async () => {
  const buyers = await Promise.all(Array.from({ length: 8 }, () => shop.ready()));
  const paying = Promise.all(buyers.map((buyer) => buyer.pay()));
  for (let i = 0; i < 5; i++) await publish();
  await paying;
  await publish();
  const counts = Map.groupBy(told, ({ type }) => type);
  expect(counts.get("order.placed")).toHaveLength(8);
  expect(counts.get("order.paid")).toHaveLength(8);
  expect(new Set(told.map(({ id }) => id)).size).toBe(16);
});

test("the log is read by the index of what is not published", async () => {
  const plan = await shop.db.transaction(async (tx) => {
    await tx.execute(sql`set local enable_seqscan = off`);
    return tx.query<Record<string, string>>(sql`
      explain select id from event
      where not published
        and kind in ('placed', 'paid', 'fulfilled', 'canceled', 'expired', 'refunded', 'partly_refunded')
      order by id limit 10`);
  });
  expect(JSON.stringify(plan)).toContain("event_unpublished");
});
