import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Delivery_State as State } from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { pauseAfter } from "./delivery.ts";
import { createSend } from "./send.ts";
import { signedMessage } from "./sign.ts";
import { findSecrets } from "./store-endpoint.ts";
import { sweepWebhooks } from "./sweep.ts";
import { openReceiver, type Receiver, verified } from "./testing/receiver.ts";
import { openTestWebhooks, type TestWebhooks } from "./testing/webhooks.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

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

const make = (endpoint: { url?: string; eventTypes?: string[]; disabled?: boolean } = {}) =>
  webhooks.client.createEndpoint({ endpoint: { url: receiver.url, ...endpoint } }, as.staff);
const update = (id: string, fields: { disabled?: boolean; url?: string }) =>
  webhooks.client.updateEndpoint(
    { endpoint: { id, ...fields }, updateMask: { paths: Object.keys(fields) } },
    as.staff,
  );
const ids = () => receiver.received.map(({ headers }) => String(headers["webhook-id"]));
const only = async () => {
  const [delivery, ...others] = await webhooks.deliveries();
  expect(others).toEqual([]);
  return webhooks.client.getDelivery({ deliveryId: delivery?.id ?? "none" }, as.staff);
};
/** The one delivery, once so many attempts are recorded. */
const attempted = (count: number) =>
  waitFor(async () => {
    const delivery = await only();
    return delivery.attempts.length === count && delivery;
  });

test("an event comes signed, once, as Standard Webhooks has it", async () => {
  const { secret } = await make();
  const data = '{"order":{"id":"ord_1","total":{"amount":1999,"currencyCode":"USD"}}}';
  await webhooks.publish({ id: "order:7", type: "order.paid", data });
  const delivery = await attempted(1);
  expect(delivery).toMatchObject({
    ...{ eventId: "order:7", eventType: "order.paid", subject: "ord_1", state: State.DELIVERED },
    attemptCount: 1,
    attempts: [{ statusCode: 204, error: "", response: "" }],
  });
  expect(delivery.nextAttemptTime).toBeUndefined();
  expect(receiver.received).toHaveLength(1);
  const [message] = receiver.received;
  if (message === undefined) throw new Error("nothing came");
  expect(message.path).toBe("/hooks");
  expect(message.headers).toMatchObject({
    "webhook-id": "order:7",
    "content-type": "application/json; charset=utf-8",
  });
  expect(message.body).toBe(delivery.payload);
  expect(verified(message, secret)).toEqual({
    type: "order.paid",
    timestamp: webhooks.now().toISOString(),
    data: JSON.parse(data),
  });
  expect(() => verified({ ...message, body: message.body.replace("1999", "1") }, secret)).toThrow(
    "No matching signature found",
  );
});

test("an event published again is told once", async () => {
  await make();
  await webhooks.publish({ id: "order:1" }, { id: "order:1" });
  await Promise.all(
    [1, 2, 3].map(() => webhooks.publish({ id: "order:1" }, { id: "order:2", subject: "ord_2" })),
  );
  await waitFor(() => receiver.received.length >= 2);
  await waitFor(async () => (await webhooks.deliveries()).every(({ state }) => state === State.DELIVERED));
  expect(ids().toSorted()).toEqual(["order:1", "order:2"]);
});

test.each([
  [[], "order.paid", true],
  [["order.paid"], "order.paid", true],
  [["order.*"], "order.paid", true],
  [["stock.*", "order.*"], "order.paid", true],
  [["order.placed"], "order.paid", false],
  [["stock.*"], "order.paid", false],
  [["order.pai"], "order.paid", false],
])("an endpoint for %j hears of %s: %s", async (eventTypes, type, hears) => {
  await make({ eventTypes });
  await webhooks.publish({ type });
  expect(await webhooks.deliveries()).toHaveLength(hears ? 1 : 0);
});

test.each([
  ["data", { data: "[]" }],
  ["data", { data: "{" }],
  ["data", { data: "null" }],
  ["id", { id: "two\nlines" }],
  ["id", { id: "ü" }],
])("an event whose %s cannot be sent is refused: %j", async (field, event) => {
  const refused = await failureOf(webhooks.publish(event));
  expect(errorInfo(refused)).toMatchObject({ reason: "INVALID_ARGUMENT" });
  expect(refused.message).toContain(`events[0].${field}`);
});

test("retries come at the times of the contract, and end", async () => {
  await make();
  receiver.answer = 500;
  await webhooks.publish({});
  const pauses = [5_000, 5 * minute, 30 * minute, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour)];
  for (const [i, pause] of pauses.entries()) {
    const { state, nextAttemptTime, attempts } = await attempted(i + 1);
    expect(state).toBe(State.PENDING);
    expect(attempts.at(-1)).toMatchObject({ statusCode: 500, error: "STATUS" });
    const next = nextAttemptTime && timestampDate(nextAttemptTime);
    expect(next?.getTime()).toBe(webhooks.now().getTime() + pause);
    webhooks.pass(pause - 1);
    expect(receiver.received).toHaveLength(i + 1);
    webhooks.pass(1);
  }
  const given = await attempted(10);
  expect(given).toMatchObject({ state: State.FAILED, attemptCount: 10 });
  expect(given.nextAttemptTime).toBeUndefined();
  expect(new Set(ids()).size).toBe(1);
});

test("jitter only makes pauses longer", () => {
  expect([pauseAfter(1, 0), pauseAfter(1, 1), pauseAfter(9, 1), pauseAfter(10, 0)]).toEqual([
    5_000,
    5_500,
    26.4 * hour,
    undefined,
  ]);
});

test.each([
  ["no answer in time", "TIMEOUT", 0, () => undefined],
  ["a redirect, which is not followed", "STATUS", 302, (to: string) => ({ location: to })],
])("%s is a failure", async (_, error, statusCode, headersOf) => {
  const impatient = webhooks.another({
    send: (message, options) =>
      createSend({ rules: webhooks.parts.rules, clock: () => webhooks.now() })(message, {
        ...options,
        timeoutMs: 150,
      }),
  });
  await make();
  receiver.answer = (response) => {
    if (statusCode !== 0) response.writeHead(statusCode, headersOf(`${receiver.url}/elsewhere`)).end();
  };
  const event = { id: "x:1", type: "order.paid", subject: "", data: "{}" };
  const events = [{ ...event, eventTime: timestampFromDate(webhooks.now()) }];
  await impatient.client.publishEvents({ events }, as.service("order"));
  const { attempts } = await attempted(1);
  expect(attempts).toMatchObject([{ error, statusCode }]);
  expect(receiver.received.map(({ path }) => path)).toEqual(["/hooks"]);
});

test("nobody there is a failure, an address that is not public is never called", async () => {
  const { url } = receiver;
  await make();
  await receiver[Symbol.asyncDispose]();
  await webhooks.publish({});
  expect((await attempted(1)).attempts).toMatchObject([{ error: "UNREACHABLE", statusCode: 0 }]);

  receiver = await openReceiver();
  const strict = webhooks.another({
    // As if the name had been given another address since the endpoint was made.
    rules: { allowPrivate: false, resolve: async () => [{ address: "127.0.0.1", family: 4 }] },
  });
  const [failed] = await webhooks.deliveries();
  const port = new URL(receiver.url).port;
  expect(url).not.toBe(receiver.url);
  for (const host of ["shop.example", "127.0.0.1", "[::ffff:7f00:1]"]) {
    await update(failed?.endpointId ?? "", { url: `http://${host}:${port}/` });
    const { error } = await strict.client.testEndpoint({ endpointId: failed?.endpointId ?? "" }, as.staff);
    expect(error).toBe("REFUSED_ADDRESS");
  }
  expect(receiver.received).toEqual([]);
});

test("410 disables the endpoint at once, and gives up what waits for it", async () => {
  const { id } = await make();
  receiver.answer = (response, { headers }) =>
    response.writeHead(headers["webhook-id"] === "gone" ? 410 : 503).end();
  await webhooks.publish({ id: "waiting" });
  await attempted(1);
  await webhooks.publish({ id: "gone" });
  await waitFor(async () => (await webhooks.client.getEndpoint({ endpointId: id }, as.staff)).disabled);
  expect(await webhooks.client.getEndpoint({ endpointId: id }, as.staff)).toMatchObject({
    disabledReason: "GONE",
  });
  expect((await webhooks.deliveries()).map(({ state }) => state)).toEqual([State.FAILED, State.FAILED]);
  webhooks.pass(day);
  await webhooks.publish({ id: "missed" });
  expect(await webhooks.deliveries()).toHaveLength(2);

  const [first] = await webhooks.deliveries();
  const replay = webhooks.client.replayDelivery({ deliveryId: first?.id ?? "" }, as.staff);
  expect(reasonOf(await failureOf(replay))).toBe("ENDPOINT_DISABLED");
  const since = timestampFromDate(new Date(0));
  const recover = () =>
    webhooks.client.recoverDeliveries({ endpointId: id, since, requestId: "again" }, as.staff);
  expect(reasonOf(await failureOf(recover()))).toBe("ENDPOINT_DISABLED");

  receiver.answer = 200;
  const enabled = await update(id, { disabled: false });
  expect(enabled).toMatchObject({ disabled: false, disabledReason: "" });
  expect((await webhooks.deliveries()).map(({ state }) => state)).toEqual([State.FAILED, State.FAILED]);
  expect(await recover()).toMatchObject({ deliveryCount: 3 });
  expect(await recover()).toMatchObject({ deliveryCount: 3 });
  await waitFor(async () => (await webhooks.deliveries()).every(({ state }) => state === State.DELIVERED));
  expect(ids().slice(-3).toSorted()).toEqual(["gone", "missed", "waiting"]);
});

test("five days in which nothing gets through disable an endpoint; a success begins them anew", async () => {
  const { id } = await make();
  const isDisabled = async () =>
    (await webhooks.client.getEndpoint({ endpointId: id }, as.staff)).disabledReason;
  const fails = async (eventId: string) => {
    await webhooks.publish({ id: eventId });
    const [delivery] = (await webhooks.deliveries()).filter((each) => each.eventId === eventId);
    const deliveryId = delivery?.id ?? "";
    await waitFor(
      async () => (await webhooks.client.getDelivery({ deliveryId }, as.staff)).attempts.length > 0,
    );
  };
  receiver.answer = 500;
  await fails("first");
  receiver.answer = 200;
  webhooks.pass(4 * day);
  await waitFor(async () => (await webhooks.deliveries()).every(({ state }) => state === State.DELIVERED));
  receiver.answer = 500;
  webhooks.pass(2 * day);
  await fails("second");
  expect(await isDisabled()).toBe("");
  webhooks.pass(5 * day - 1);
  await fails("third");
  expect(await isDisabled()).toBe("");
  webhooks.pass(1);
  await fails("fourth");
  expect(await isDisabled()).toBe("FAILING");
});

test("disabling gives up what waits, deleting deletes the log", async () => {
  receiver.answer = 500;
  const { id } = await make();
  await webhooks.publish({});
  const { id: deliveryId } = await attempted(1);
  await update(id, { disabled: true });
  expect((await only()).state).toBe(State.FAILED);
  await webhooks.client.deleteEndpoint({ endpointId: id }, as.staff);
  const gone = webhooks.client.getDelivery({ deliveryId }, as.staff);
  expect(reasonOf(await failureOf(gone))).toBe("DELIVERY_NOT_FOUND");
  const replay = webhooks.client.replayDelivery({ deliveryId }, as.staff);
  expect(reasonOf(await failureOf(replay))).toBe("DELIVERY_NOT_FOUND");
});

test("a replay sends what was delivered once more, with the same id and a fresh set of attempts", async () => {
  await make();
  await webhooks.publish({ id: "order:9" });
  const { id: deliveryId } = await attempted(1);
  receiver.answer = 500;
  const replay = () => webhooks.client.replayDelivery({ deliveryId, requestId: "again" }, as.staff);
  const replayed = await replay();
  expect(replayed).toMatchObject({ state: State.PENDING, attemptCount: 1 });
  expect(await replay()).toEqual(replayed);
  const failed = await attempted(2);
  const next = failed.nextAttemptTime && timestampDate(failed.nextAttemptTime);
  expect(next?.getTime()).toBe(webhooks.now().getTime() + 5_000);
  expect(ids()).toEqual(["order:9", "order:9"]);
});

test("for a day after a rotation both secrets sign", async () => {
  const { id, secret: old } = await make();
  const rotated = await webhooks.client.rotateEndpointSecret({ endpointId: id }, as.staff);
  expect(rotated.previousSecret).toBe(old);
  expect(timestampDate(rotated.previousExpireTime ?? timestampFromDate(new Date(0)))).toEqual(
    new Date(webhooks.now().getTime() + day),
  );
  await webhooks.publish({});
  await attempted(1);
  const [both] = receiver.received;
  if (both === undefined) throw new Error("nothing came");
  expect(String(both.headers["webhook-signature"]).split(" ")).toHaveLength(2);
  for (const secret of [old, rotated.secret])
    expect(verified(both, secret)).toMatchObject({ type: "order.paid" });

  webhooks.pass(day);
  const endpoint = await findSecrets(webhooks.database.db, id);
  if (endpoint === undefined) throw new Error("no endpoint");
  const event = { id: "later", type: "order.paid", data: "{}", eventTime: webhooks.now() };
  const later = signedMessage({ event, endpoint }, { box: webhooks.parts.box, now: webhooks.now() });
  expect(later.headers["webhook-signature"]?.split(" ")).toHaveLength(1);
  const shown = await webhooks.client.getEndpointSecret({ endpointId: id }, as.staff);
  expect(shown).toMatchObject({ secret: rotated.secret, previousSecret: "" });
  expect(shown.previousExpireTime).toBeUndefined();
});

test("erased events keep no data, nor what was answered to them", async () => {
  await make();
  receiver.answer = (response) => response.writeHead(500).end("thank you, Ada");
  await webhooks.publish({ subject: "ord_1", data: '{"order":{"contact":"ada@example.com"}}' });
  expect((await attempted(1)).attempts[0]?.response).toBe("thank you, Ada");
  const erase = () => webhooks.client.eraseEvents({ orderIds: ["ord_1", "ord_2"] }, as.service("customer"));
  await erase();
  const erased = await only();
  expect(erased.attempts).toMatchObject([{ statusCode: 500, response: "" }]);
  expect(JSON.parse(erased.payload)).toMatchObject({ type: "order.paid", data: {} });
  await erase();
  expect(await only()).toEqual(erased);
});

test("lists are filtered and paged, the newest first", async () => {
  const { id } = await make();
  await make({ eventTypes: ["stock.*"] });
  for (const n of [1, 2, 3]) await webhooks.publish({ id: `p:${n}`, subject: `ord_${n}` });
  await webhooks.publish({ id: "p:4", type: "stock.low", subject: "SKU" });
  await waitFor(async () => (await webhooks.deliveries()).every(({ state }) => state === State.DELIVERED));
  const list = async (filter: object) =>
    (await webhooks.client.listDeliveries(filter, as.staff)).deliveries.map(({ eventId }) => eventId);
  expect(await list({ endpointId: id })).toEqual(["p:4", "p:3", "p:2", "p:1"]);
  expect(await list({ subject: "ord_2" })).toEqual(["p:2"]);
  expect(await list({ state: State.FAILED })).toEqual([]);
  expect(await list({ state: State.DELIVERED, subject: "SKU" })).toEqual(["p:4", "p:4"]);
  const first = await webhooks.client.listDeliveries({ endpointId: id, pageSize: 3 }, as.staff);
  const pageToken = first.nextPageToken;
  expect(await list({ endpointId: id, pageSize: 3, pageToken })).toEqual(["p:1"]);
  const other = webhooks.client.listDeliveries({ pageToken }, as.staff);
  expect(reasonOf(await failureOf(other))).toBe("PAGE_TOKEN_INVALID");
});

test("what is a month old is swept, unless it is still to be sent", async () => {
  await make();
  await webhooks.publish({ id: "done" });
  await attempted(1);
  receiver.answer = 500;
  webhooks.pass(29 * day);
  await webhooks.publish({ id: "waiting" });
  webhooks.pass(day);
  expect(await sweepWebhooks(webhooks.parts)).toBe(0);
  webhooks.pass(1);
  expect(await sweepWebhooks(webhooks.parts)).toBe(1);
  expect((await webhooks.deliveries()).map(({ eventId }) => eventId)).toEqual(["waiting"]);
  const waiting = sql`update delivery set state = 'PENDING', due_time = ${webhooks.now()}::timestamptz + interval '1 year'`;
  await webhooks.database.db.execute(waiting);
  await webhooks.database.db.execute(sql`update event set create_time = create_time - interval '40 days'`);
  expect(await sweepWebhooks(webhooks.parts)).toBe(0);
});

test("without any endpoint nothing is kept", async () => {
  await webhooks.publish({});
  const [count] = await webhooks.database.db.query<{ count: bigint }>(sql`select count(*) from event`);
  expect(count?.count).toBe(0n);
});
