import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type NotifyOrderRequestSchema, OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { quietMs, sweepConfirmations } from "./confirm.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
/** What Notify was asked to tell or to withdraw. */
const asked: MessageInitShape<typeof NotifyOrderRequestSchema>[] = [];
beforeAll(async () => {
  shop = await TestOrders.open();
  const { notifyOrder } = shop.deps.notify;
  shop.deps.notify.notifyOrder = async (request, options) => {
    const answer = await notifyOrder(request, options);
    asked.push(request);
    return answer;
  };
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(async () => {
  shop.reset();
  await shop.drain();
  asked.length = 0;
});

const sweep = () => sweepConfirmations(shop.deps);
/** Lets an order stand still, but for its sweep. */
async function beQuiet(): Promise<void> {
  shop.advance(quietMs + 5_000);
  await sweep();
}
const told = ({ orderId }: Buyer) =>
  asked
    .filter(({ order }) => order?.orderId === orderId)
    .map(({ kind = 0, withdraw }) => `${withdraw ? "-" : ""}${OrderEventKind[kind]}`);

test("who does not pay is told once that the order is placed, and until when it is held", async () => {
  const buyer = await shop.ready();
  await sweep();
  expect(shop.jobs).toEqual([]);
  await beQuiet();
  await shop.work();
  await beQuiet();
  await shop.work();
  expect(told(buyer)).toEqual(["PLACED"]);
  const [request] = asked;
  expect(request?.eventKey).toBe(`${buyer.orderId}:placed`);
  const held = (await buyer.get()).holdExpireTime;
  expect(request?.order?.holdExpireTime).toEqual(held);
  expect(held && timestampDate(held).getTime()).toBeGreaterThan(0);
});

test("what a shipping method will cost is not said before it is chosen", async () => {
  const cartId = shop.cart();
  const { id } = await shop.place(cartId);
  await beQuiet();
  await shop.work();
  expect(asked.map(({ order }) => [order?.orderId, order?.shippingTotal])).toEqual([[id, undefined]]);
});

test("who has paid is told so once when nothing is sent for a while, and the hold is over", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  const fulfillment = shop.jobs.splice(0);
  await beQuiet();
  await beQuiet();
  await shop.work();
  expect(told(buyer)).toEqual(["PAID"]);
  expect(asked[0]?.order?.holdExpireTime).toBeUndefined();
  shop.jobs.push(...fulfillment);
  await shop.work();
  expect(told(buyer)).toEqual(["PAID", "FULFILLED"]);
});

test("who pays late is told of both", async () => {
  const buyer = await shop.ready();
  await beQuiet();
  await shop.work();
  await buyer.pay();
  shop.jobs.length = 0;
  await beQuiet();
  await shop.work();
  expect(told(buyer)).toEqual(["PLACED", "PAID"]);
});

test.each<[string, (buyer: Buyer) => Promise<unknown>, string[]]>([
  ["its label is bought at once", (buyer) => buyer.pay(), ["FULFILLED"]],
  ["it is to be paid by transfer", (buyer) => buyer.transfer(), ["PAYMENT_INSTRUCTIONS"]],
  ["it is canceled", (buyer) => buyer.cancel(), ["CANCELED"]],
])("nothing is added when %s", async (_, happens, news) => {
  const buyer = await shop.ready();
  await happens(buyer);
  await shop.work();
  await beQuiet();
  await shop.work();
  expect(told(buyer)).toEqual(news);
});

test("who moves on is not disturbed", async () => {
  const buyer = await shop.ready();
  shop.advance(quietMs - 5_000);
  await sweep();
  expect(shop.jobs).toEqual([]);
  await beQuiet();
  expect(shop.jobs.map(({ data }) => data.orderId)).toEqual([buyer.orderId]);
});

test.each<[string, (buyer: Buyer) => Promise<unknown>]>([
  ["paid", (buyer) => buyer.pay()],
  ["canceled", (buyer) => buyer.cancel()],
  ["to be transferred", (buyer) => buyer.transfer()],
])("that it is placed is old news once it is %s", async (_, happens) => {
  const buyer = await shop.ready();
  await beQuiet();
  const confirmation = shop.jobs.splice(0);
  await happens(buyer);
  shop.jobs.splice(0, shop.jobs.length, ...confirmation);
  await shop.work();
  expect(told(buyer)).toEqual(["-PLACED"]);
});

test("that it is paid is old news once the label is bought", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  const fulfillment = shop.jobs.splice(0);
  await beQuiet();
  shop.jobs.unshift(...fulfillment);
  await shop.work();
  expect(told(buyer)).toEqual(["FULFILLED", "-PAID"]);
});

test("of several sweeps at once, one has each order told of", async () => {
  const buyers = await Promise.all(Array.from({ length: 12 }, () => shop.ready()));
  shop.advance(quietMs + 5_000);
  await Promise.all([sweep(), sweep(), sweep()]);
  expect(shop.jobs.map(({ data }) => data.orderId).toSorted()).toEqual(
    buyers.map(({ orderId }) => orderId).toSorted(),
  );
});

test("where nothing stands still a sweep is one statement", async () => {
  await shop.ready();
  shop.statements.length = 0;
  expect(await sweep()).toBe(0);
  expect(shop.statements).toHaveLength(1);
});
