import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { OrderProblem_Task } from "../../gen/rowlock/order/v1/order_pb.js";
import { sql } from "../../lib/db/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { fulfillOrder } from "./fulfill.ts";
import { fulfillQueue, orderQueues } from "./jobs.ts";
import { noting, queueOf } from "./problems.ts";
import { noteProblem } from "./store-problem.ts";
import { type Buyer, buyerOf, TestOrders } from "./testing/shop.ts";
import { away, refuse } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(async () => {
  shop.reset();
  await shop.db.execute(sql`delete from problem`);
});

/** A paid order, whose label is still to be bought. */
async function paidOrder(): Promise<Buyer> {
  const buyer = await shop.ready();
  await buyer.pay();
  shop.jobs.length = 0;
  return buyer;
}

/** One attempt of the job that fulfills an order; how it ended. */
function attempt(buyer: Buyer, number: number, id = `job of ${buyer.orderId}`) {
  const handler = noting(shop.deps, fulfillQueue, ({ data }) => fulfillOrder(shop.deps, data));
  const job = { id, data: { orderId: buyer.orderId }, attempt: number, signal: new AbortController().signal };
  return outcomeOf(handler(job));
}
const list = async (orderId = "") => {
  const answer = await shop.client.listOrderProblems({ orderId }, shop.staff);
  return answer.problems;
};
const retry = (orderId: string, requestId = "") => shop.client.retryOrder({ orderId, requestId }, shop.staff);
const refuseLabel = () =>
  shop.wire.before.set("shipping.buy", () => {
    throw refuse("LABEL_REFUSED", {});
  });

test("a carrier that is away for a moment is nobody's business, after five attempts it is", async () => {
  const buyer = await paidOrder();
  shop.wire.before.set("shipping.buy", away);
  for (let number = 1; number < 5; number++) await attempt(buyer, number);
  expect(await list()).toEqual([]);
  await attempt(buyer, 5);
  await attempt(buyer, 6);
  expect(await list()).toMatchObject([
    {
      id: expect.stringMatching(/^prb_/),
      orderId: buyer.orderId,
      task: OrderProblem_Task.FULFILL,
      message: "silence",
      attempts: 6,
      givenUp: false,
    },
  ]);
  expect((await buyer.events()).filter((kind) => kind === "stuck")).toHaveLength(1);
});

test("a refused label is noted at once, and forgotten when it is bought after all", async () => {
  const buyer = await paidOrder();
  refuseLabel();
  await attempt(buyer, 1);
  expect(await list(buyer.orderId)).toMatchObject([{ message: "no label", attempts: 1 }]);
  shop.wire.clear();
  await attempt(buyer, 2);
  expect(await buyer.state()).toBe("FULFILLED");
  expect(await list()).toEqual([]);
});

test("the last attempt is noted as such, in the timeline and in the log, too", async () => {
  const buyer = await paidOrder();
  const logged = vi.spyOn(shop.deps.log, "error");
  refuseLabel();
  await attempt(buyer, 1);
  await attempt(buyer, (fulfillQueue.options.retryLimit ?? 0) + 1);
  expect(await list()).toMatchObject([{ attempts: 101, givenUp: true }]);
  const { events } = await shop.client.listOrderEvents({ orderId: buyer.orderId }, buyerOf(buyer.cartId));
  expect(events.slice(-2)).toMatchObject([
    { kind: "stuck", data: { queue: "order.fulfill", given_up: "false" } },
    { kind: "stuck", data: { queue: "order.fulfill", given_up: "true" } },
  ]);
  expect(logged.mock.calls.map(([fields]) => fields)).toMatchObject([{ order_id: buyer.orderId }]);
  logged.mockRestore();
});

test("staff have it taken up anew: the job carries what the first one carried, and the order goes on", async () => {
  const buyer = await paidOrder();
  refuseLabel();
  await attempt(buyer, 101);
  const [problem] = await list();
  shop.wire.clear();
  expect((await retry(buyer.orderId)).retried).toEqual([problem]);
  expect(await list()).toEqual([]);
  expect(shop.jobs).toEqual([{ queue: "order.fulfill", data: { orderId: buyer.orderId } }]);
  await shop.work();
  expect(await buyer.state()).toBe("FULFILLED");
  expect((await buyer.events()).slice(-3)).toEqual(["stuck", "retried", "fulfilled"]);
});

test("20 staff at once take it up once; a repeated key answers the same", async () => {
  const buyer = await paidOrder();
  refuseLabel();
  await attempt(buyer, 101);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => retry(buyer.orderId, `k${i}`)));
  expect(answers.flatMap(({ retried }) => retried)).toHaveLength(1);
  expect(shop.jobs).toHaveLength(1);
  for (const [i, answer] of answers.entries()) expect(await retry(buyer.orderId, `k${i}`)).toEqual(answer);
  expect(shop.jobs).toHaveLength(1);
});

test("an order without problems is left as it is; one that is none is refused", async () => {
  const buyer = await paidOrder();
  expect((await retry(buyer.orderId)).retried).toEqual([]);
  expect(shop.jobs).toEqual([]);
  expect(await outcomeOf(retry("ord_none"))).toMatchObject({ reason: "ORDER_NOT_FOUND" });
});

test("problems come in pages, the newest first", async () => {
  const buyers = [await paidOrder(), await paidOrder(), await paidOrder()];
  refuseLabel();
  for (const buyer of buyers) await attempt(buyer, 1);
  const first = await shop.client.listOrderProblems({ pageSize: 2 }, shop.staff);
  const rest = await shop.client.listOrderProblems(
    { pageSize: 2, pageToken: first.nextPageToken },
    shop.staff,
  );
  const listed = [...first.problems, ...rest.problems].map(({ orderId }) => orderId);
  expect([listed, rest.nextPageToken]).toEqual([buyers.map(({ orderId }) => orderId).reverse(), ""]);
  const other = shop.client.listOrderProblems({ pageToken: first.nextPageToken, orderId: "o" }, shop.staff);
  expect(await outcomeOf(other)).toMatchObject({ reason: "PAGE_TOKEN_INVALID" });
});

test("what was noted of a customer's orders is erased with them", async () => {
  const { id } = await shop.client.placeOrder({ cartId: shop.cart({ owner: "cus_9" }) }, as.staff);
  await shop.client.cancelOrder({ orderId: id }, as.staff);
  await noteProblem(shop.db, {
    ...{ jobId: "job", queue: "order.tell", data: { orderId: id }, message: "no mail to ada@example.com" },
    ...{ attempts: 5, givenUp: false },
  });
  expect(await list()).toHaveLength(1);
  await shop.client.eraseOrders({ customerId: "cus_9" }, as.service("customer"));
  expect(await list()).toEqual([]);
});

test.each(orderQueues.map((queue) => [queue.name, queue] as const))(
  "%s can be taken up anew",
  (name, queue) => {
    expect(queueOf({ queue: name })).toBe(queue);
  },
);
