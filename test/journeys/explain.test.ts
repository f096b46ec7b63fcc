import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { newOrder } from "../support/buyer.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
  await shop.sell("EXPLAINED", { stock: 10 });
});
afterAll(() => shop?.[Symbol.asyncDispose]());

interface Entry {
  time: string;
  source: string;
  kind: string;
  subject: string;
  data: Record<string, string>;
}

const explain = (orderId: string, as: { staff?: string; token?: string }) =>
  shop.rest("GET", `/v1/orders/${orderId}:explain`, as);

test("staff see one timeline of a purchase, from the cart to the messages", async () => {
  const { buyer, order } = await newOrder(shop.rest, ["EXPLAINED"]);
  const orderId = order.body.id as string;
  await buyer.payByCard(orderId, "pm_card_visa");
  await buyer.until(orderId, "STATE_FULFILLED");
  const done = async () => (await explain(orderId, { staff: shop.staff })).body.next === "";
  await waitFor(done);
  const { status, body } = await explain(orderId, { staff: shop.staff });
  expect(status).toBe(200);
  expect(body.order).toMatchObject({ id: orderId, state: "STATE_FULFILLED" });
  expect(body.unavailable ?? []).toEqual([]);
  const timeline = body.timeline as Entry[];
  const told = (source: string) =>
    timeline.filter((entry) => entry.source === `SOURCE_${source}`).map(({ kind }) => kind);
  expect(told("CART")).toEqual(["created", "ordered"]);
  expect(told("ORDER")).toEqual(["placed", "shipping_method_set", "payment_started", "paid", "fulfilled"]);
  expect(told("INVENTORY")).toEqual(["held"]);
  expect(told("PAYMENT")).toEqual(["started", "captured"]);
  expect(told("JOB")).toEqual(["enqueued", "completed"]);
  expect(told("SHIPPING").sort()).toEqual(["labeled", "rated"]);
  expect(told("NOTIFY").filter((kind) => kind === "sent")).toHaveLength(2);
  const times = timeline.map(({ time }) => Date.parse(time));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect((await explain(orderId, { token: buyer.token })).status).toBe(403);
});

test("a transfer that comes after its order was canceled pays it, and the timeline says so", async () => {
  const { buyer, order } = await newOrder(shop.rest, ["EXPLAINED"]);
  const orderId = order.body.id as string;
  const waiting = await buyer.payByTransfer(orderId, "BCA_VA");
  const canceled = await shop.rest("POST", `/v1/orders/${orderId}:cancel`, { token: buyer.token, body: {} });
  expect(canceled.body.state).toBe("STATE_CANCELED");
  const { id } = waiting.body.payment as { id: string };
  const confirmed = await shop.rest("POST", `/v1/payments/${id}:confirm`, { staff: shop.staff, body: {} });
  expect(confirmed.body.state).toBe("STATE_CAPTURED");
  await buyer.until(orderId, "STATE_FULFILLED");
  const { timeline } = (await explain(orderId, { staff: shop.staff })).body as { timeline: Entry[] };
  const of = (source: string) => timeline.filter((entry) => entry.source === source);
  expect(of("SOURCE_ORDER").map(({ kind }) => kind)).toEqual([
    "placed",
    "shipping_method_set",
    "payment_started",
    "payment_pending",
    "canceled",
    "reviving",
    "paid",
    "fulfilled",
  ]);
  expect(of("SOURCE_INVENTORY").map(({ data }) => data["state"])).toEqual(["RELEASED", "COMMITTED"]);
});
