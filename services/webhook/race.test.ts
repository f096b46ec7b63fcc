import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Delivery_State as State } from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import { sql } from "../../lib/db/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import type { Send } from "./send.ts";
import { openReceiver, type Receiver } from "./testing/receiver.ts";
import { openTestWebhooks, type TestWebhooks } from "./testing/webhooks.ts";

let webhooks: TestWebhooks;
let receiver: Receiver;
beforeEach(async () => {
  webhooks = await openTestWebhooks();
  receiver = await openReceiver();
});
afterEach(async () => {
  await webhooks[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const make = (url = receiver.url) => webhooks.client.createEndpoint({ endpoint: { url } }, as.staff);
const ids = () => receiver.received.map(({ headers }) => String(headers["webhook-id"]));
const states = async () => (await webhooks.deliveries()).map(({ state }) => state);
const allDelivered = async () => (await states()).every((state) => state === State.DELIVERED);
const numbered = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `e:${i}` }));

test("several processes share the deliveries: each is made once", async () => {
  const others = [webhooks.another(), webhooks.another()];
  await make();
  receiver.answer = (response) => {
    for (const { parts } of others) parts.dispatcher.wake();
    response.writeHead(204).end();
  };
  await webhooks.publish(...numbered(120));
  await waitFor(allDelivered);
  expect(new Set(ids()).size).toBe(120);
  expect(receiver.received).toHaveLength(120);
  const counts = (await webhooks.deliveries()).map(({ attemptCount }) => attemptCount);
  expect(new Set(counts)).toEqual(new Set([1]));
});

test("publishers of the same events at once leave one delivery of each", async () => {
  await make();
  const events = numbered(40);
  await Promise.all([events, events.toReversed(), events].map((some) => webhooks.publish(...some)));
  await waitFor(allDelivered);
  expect(ids().toSorted()).toEqual(events.map(({ id }) => id).toSorted());
});

test("a process that dies between sending and recording has another send once more", async () => {
  const died = Promise.withResolvers<never>();
  // Sends, and is never heard of again.
  const dying: Send = async (message, options) => {
    await webhooks.parts.send(message, options);
    options.signal.addEventListener("abort", () => died.reject(new Error("gone")));
    return died.promise;
  };
  const victim = webhooks.another({ send: dying });
  await make();
  const eventTime = timestampFromDate(webhooks.now());
  const event = { id: "e:1", type: "order.paid", subject: "", data: "{}", eventTime };
  await victim.client.publishEvents({ events: [event] }, as.service("order"));
  await waitFor(() => receiver.received.length === 1);
  expect(await states()).toEqual([State.PENDING]);
  webhooks.pass(59_000);
  webhooks.pass(1_000);
  await waitFor(allDelivered);
  expect(ids()).toEqual(["e:1", "e:1"]);
  const [delivery] = await webhooks.deliveries();
  expect(delivery?.attemptCount).toBe(2);
});

test("a process that stops hands back what it is sending, as no attempt", async () => {
  const stopping = webhooks.another();
  const waiting: (() => void)[] = [];
  receiver.answer = (response) => void waiting.push(() => response.writeHead(204).end());
  await make();
  const eventTime = timestampFromDate(webhooks.now());
  const event = { id: "e:1", type: "order.paid", subject: "", data: "{}", eventTime };
  await stopping.client.publishEvents({ events: [event] }, as.service("order"));
  await waitFor(() => waiting.length === 1);
  await stopping.parts.dispatcher[Symbol.asyncDispose]();
  receiver.answer = 500;
  webhooks.pass(0);
  const attempts = () => webhooks.database.db.query(sql`select from attempt`);
  await waitFor(async () => (await attempts()).length === 1);
  // The first pause of the schedule, not the second.
  const [row] = await webhooks.database.db.query<{ due: Date; rounds: number }>(sql`
    select due_time as due, round_attempts as rounds from delivery`);
  expect(row).toEqual({ due: new Date(webhooks.now().getTime() + 5_000), rounds: 1 });
});

test("an attempt overtaken by a replay is logged and decides nothing", async () => {
  const waiting: (() => void)[] = [];
  receiver.answer = (response) => void waiting.push(() => response.writeHead(204).end());
  await make();
  await webhooks.publish({});
  await waitFor(() => waiting.length === 1);
  const [delivery] = await webhooks.deliveries();
  const deliveryId = delivery?.id ?? "";
  await webhooks.client.replayDelivery({ deliveryId }, as.staff);
  await waitFor(() => waiting.length === 2);
  waiting[0]?.();
  const read = () => webhooks.client.getDelivery({ deliveryId }, as.staff);
  await waitFor(async () => (await read()).attempts.length === 1);
  expect((await read()).state).toBe(State.PENDING);
  waiting[1]?.();
  await waitFor(async () => (await read()).attempts.length === 2);
  expect(await read()).toMatchObject({ state: State.DELIVERED, attemptCount: 2 });
});

test("an endpoint that does not answer holds up nobody else, and has four messages at most", async () => {
  await using slow = await openReceiver();
  slow.answer = () => undefined;
  await make(slow.url);
  await make();
  await webhooks.publish(...numbered(30));
  await waitFor(() => receiver.received.length === 30);
  expect(slow.received.length).toBe(4);
});

test("what is published while an endpoint is disabled is given up or was never begun", async () => {
  receiver.answer = 503;
  const { id } = await make();
  const disable = { endpoint: { id, disabled: true }, updateMask: { paths: ["disabled"] } };
  const publishing = numbered(20).map((event) => webhooks.publish(event));
  await Promise.all([...publishing, webhooks.client.updateEndpoint(disable, as.staff)]);
  await waitFor(async () => (await states()).every((state) => state === State.FAILED));
  await webhooks.client.updateEndpoint({ ...disable, endpoint: { id, disabled: false } }, as.staff);
  webhooks.pass(60_000);
  expect((await states()).every((state) => state === State.FAILED)).toBe(true);
});

test("successes and a disabling 410 at once leave nothing to be sent", async () => {
  const { id } = await make();
  receiver.answer = (response, { headers }) =>
    response.writeHead(headers["webhook-id"] === "e:7" ? 410 : 204).end();
  await webhooks.publish(...numbered(40));
  await waitFor(async () => (await webhooks.client.getEndpoint({ endpointId: id }, as.staff)).disabled);
  await waitFor(async () => !(await states()).includes(State.PENDING));
  const failed = (await webhooks.deliveries()).filter(({ state }) => state === State.FAILED);
  expect(failed.map(({ eventId }) => eventId)).toContain("e:7");
});
