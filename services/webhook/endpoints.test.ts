import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { maxEndpoints } from "./endpoint.ts";
import { createSecretBox, newSecret } from "./secret-box.ts";
import { sweepWebhooks } from "./sweep.ts";
import { openReceiver, type Receiver, verified } from "./testing/receiver.ts";
import { openTestWebhooks, serviceKey, type TestWebhooks } from "./testing/webhooks.ts";

let webhooks: TestWebhooks;
let receiver: Receiver;
beforeAll(async () => {
  webhooks = await openTestWebhooks();
  receiver = await openReceiver();
});
beforeEach(() => webhooks.database.db.execute(sql`delete from endpoint`));
afterAll(async () => {
  await webhooks?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});

const url = "https://shop.example/hooks";
const make = (requestId = "") =>
  webhooks.client.createEndpoint(
    { endpoint: { url, eventTypes: ["order.*", "stock.low"], description: "ERP" }, requestId },
    as.staff,
  );

test("an endpoint's secret is in the answer that makes it, and where admins ask for it", async () => {
  const made = await make();
  expect(made).toMatchObject({
    url,
    eventTypes: ["order.*", "stock.low"],
    description: "ERP",
    disabled: false,
  });
  expect(made.id).toMatch(/^whk_/);
  expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const { secret: _, ...shown } = made;
  expect(await webhooks.client.getEndpoint({ endpointId: made.id }, as.staff)).toEqual({
    ...shown,
    secret: "",
  });
  const { endpoints } = await webhooks.client.listEndpoints({}, as.staff);
  expect(endpoints).toEqual([{ ...shown, secret: "" }]);
  const secret = await webhooks.client.getEndpointSecret({ endpointId: made.id }, as.staff);
  expect(secret).toMatchObject({ secret: made.secret, previousSecret: "" });
});

test("no table has a secret in the clear", async () => {
  const made = await make("key-1");
  const rotated = await webhooks.client.rotateEndpointSecret(
    { endpointId: made.id, requestId: "key-2" },
    as.staff,
  );
  const rows = await webhooks.database.db.query<{ text: string }>(sql`
    select e::text as text from endpoint e
    union all select encode(response, 'escape') from idempotency`);
  const stored = rows.map(({ text }) => text).join("\n");
  expect(rows.length).toBe(3);
  for (const secret of [made.secret, rotated.secret]) {
    const bytes = Buffer.from(secret.slice("whsec_".length), "base64").toString("hex");
    expect(stored).not.toContain(secret.slice("whsec_".length));
    expect(stored).not.toContain(Buffer.from(secret).toString("hex"));
    expect(stored).not.toContain(bytes);
  }
});

test("repeated with its key, an endpoint is made once, and its secret replaced once", async () => {
  const [first, again] = [await make("same"), await make("same")];
  expect(again).toEqual(first);
  const rotate = () =>
    webhooks.client.rotateEndpointSecret({ endpointId: first.id, requestId: "rotate" }, as.staff);
  const rotated = await rotate();
  expect(await rotate()).toEqual(rotated);
  expect(rotated).toMatchObject({ previousSecret: first.secret });
  const other = webhooks.client.createEndpoint({ endpoint: { url: `${url}2` }, requestId: "same" }, as.staff);
  expect(reasonOf(await failureOf(other))).toBe("REQUEST_ID_REUSED");
});

test("what a mask names is changed, and nothing else", async () => {
  const { id, etag, secret: _, ...made } = await make();
  const changed = await webhooks.client.updateEndpoint(
    {
      endpoint: { id, etag, description: "new", url: "not looked at", eventTypes: ["order.paid"] },
      updateMask: { paths: ["description", "event_types", "etag"] },
    },
    as.staff,
  );
  expect(changed).toMatchObject({
    url,
    description: "new",
    eventTypes: ["order.paid"],
    createTime: made.createTime,
  });
  expect(changed.etag).not.toBe(etag);
  const stale = { endpoint: { id, etag, disabled: true }, updateMask: { paths: ["disabled"] } };
  const refused = await failureOf(webhooks.client.updateEndpoint(stale, as.staff));
  expect(errorInfo(refused)).toMatchObject({
    reason: "ETAG_MISMATCH",
    metadata: { endpoint_id: id, etag: changed.etag },
  });
});

test.each([
  [["name"], 'has "name", which is not a field that can be changed'],
  [["secret"], 'has "secret", which is not a field that can be changed'],
  [["etag"], "names no field to change"],
])("the mask %j is refused", async (paths, description) => {
  const { id } = await make();
  const call = webhooks.client.updateEndpoint({ endpoint: { id }, updateMask: { paths } }, as.staff);
  expect(errorInfo(await failureOf(call))).toMatchObject({
    reason: "UPDATE_MASK_INVALID",
    metadata: { description },
  });
});

test.each([
  ["url", { url: "ftp://shop.example" }],
  ["url", { url: "nothing" }],
  ["event_types", { eventTypes: ["Order.Paid"] }],
  ["description", { description: "x".repeat(501) }],
])("a named field that breaks its rule is refused: %s", async (path, fields) => {
  const { id } = await make();
  const call = webhooks.client.updateEndpoint(
    { endpoint: { id, ...fields }, updateMask: { paths: [path] } },
    as.staff,
  );
  expect(reasonOf(await failureOf(call))).toBe("INVALID_ARGUMENT");
});

test("of two updates with the same etag one is made", async () => {
  const { id, etag } = await make();
  const updates = await Promise.allSettled(
    ["one", "two", "three", "four"].map((description) =>
      webhooks.client.updateEndpoint(
        { endpoint: { id, etag, description }, updateMask: { paths: ["description"] } },
        as.staff,
      ),
    ),
  );
  expect(updates.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const reasons = updates.flatMap((each) => (each.status === "rejected" ? [reasonOf(each.reason)] : []));
  expect(reasons).toEqual(["ETAG_MISMATCH", "ETAG_MISMATCH", "ETAG_MISMATCH"]);
});

test("however many are made at once, there are 50 at most", async () => {
  const made = await Promise.allSettled(Array.from({ length: maxEndpoints + 10 }, () => make()));
  expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(maxEndpoints);
  const reasons = made.flatMap((each) => (each.status === "rejected" ? [reasonOf(each.reason)] : []));
  expect(new Set(reasons)).toEqual(new Set(["ENDPOINTS_FULL"]));
});

test("a URL that is not public is refused, new or changed, and is not repeated", async () => {
  const strict = webhooks.another({ rules: { allowPrivate: false, resolve: async () => [] } });
  const inside = "https://10.0.0.1/token-of-somebody";
  const made = await failureOf(strict.client.createEndpoint({ endpoint: { url: inside } }, as.staff));
  expect(reasonOf(made)).toBe("ENDPOINT_URL_REFUSED");
  expect(JSON.stringify(errorInfo(made)?.metadata) + made.message).not.toContain("token-of-somebody");
  const { id } = await make();
  const change = { endpoint: { id, url: inside }, updateMask: { paths: ["url"] } };
  const changed = await failureOf(strict.client.updateEndpoint(change, as.staff));
  expect(reasonOf(changed)).toBe("ENDPOINT_URL_REFUSED");
});

test("what does not exist is not found, and may be deleted", async () => {
  const endpointId = "whk_none";
  const { client } = webhooks;
  const since = { seconds: 0n, nanos: 0 };
  const failures = await Promise.all(
    [
      client.getEndpoint({ endpointId }, as.staff),
      client.updateEndpoint({ endpoint: { id: endpointId }, updateMask: { paths: ["disabled"] } }, as.staff),
      client.getEndpointSecret({ endpointId }, as.staff),
      client.rotateEndpointSecret({ endpointId }, as.staff),
      client.testEndpoint({ endpointId }, as.staff),
      client.recoverDeliveries({ endpointId, since }, as.staff),
    ].map(failureOf),
  );
  for (const failure of failures) {
    expect(errorInfo(failure)).toMatchObject({
      reason: "ENDPOINT_NOT_FOUND",
      metadata: { endpoint_id: endpointId },
    });
  }
  await client.deleteEndpoint({ endpointId }, as.staff);
  const { id } = await make();
  await client.deleteEndpoint({ endpointId: id }, as.staff);
  expect((await client.listEndpoints({}, as.staff)).endpoints).toEqual([]);
});

test("a test is sent at once, also to a disabled endpoint, and tells the answer", async () => {
  const { id, secret } = await webhooks.client.createEndpoint(
    { endpoint: { url: receiver.url, disabled: true } },
    as.staff,
  );
  receiver.answer = (response) => response.writeHead(418).end(`no\0${"é".repeat(3_000)}`);
  const test = () => webhooks.client.testEndpoint({ endpointId: id, requestId: "test-1" }, as.staff);
  const attempt = await test();
  expect(attempt).toMatchObject({
    statusCode: 418,
    error: "STATUS",
    response: `no\u{fffd}${"é".repeat(997)}`,
  });
  expect(await test()).toEqual(attempt);
  expect(receiver.received).toHaveLength(1);
  const [message] = receiver.received;
  expect(message && verified(message, secret)).toMatchObject({ type: "test", data: { endpoint: { id } } });
  expect(await webhooks.deliveries()).toEqual([]);
});

test("a secret sealed with a key that is given up is sealed anew", async () => {
  const { id, secret } = await make();
  const next = { serviceKey: "the next service key, also long enough", otherServiceKeys: [serviceKey] };
  const during = webhooks.another({ box: createSecretBox(next) });
  const after = webhooks.another({ box: createSecretBox({ ...next, otherServiceKeys: [] }) });
  const read = ({ client }: typeof after) => client.getEndpointSecret({ endpointId: id }, as.staff);
  expect((await read(during)).secret).toBe(secret);
  expect(reasonOf(await failureOf(read(after)))).toBe("INTERNAL");
  expect(await sweepWebhooks(after.parts)).toBe(0);
  expect(await sweepWebhooks(during.parts)).toBe(1);
  expect(await sweepWebhooks(during.parts)).toBe(0);
  expect((await read(after)).secret).toBe(secret);
});

test("a sealed secret opens for its endpoint alone, unchanged alone", () => {
  const box = createSecretBox({ serviceKey, otherServiceKeys: [] });
  const secret = newSecret();
  const sealed = box.seal("whk_1", secret);
  expect(box.open("whk_1", sealed)).toBe(secret);
  expect(() => box.open("whk_2", sealed)).toThrow("sealed with another service key");
  const forged = Buffer.from(sealed);
  forged.writeUInt8((forged.at(-1) ?? 0) ^ 1, forged.length - 1);
  expect(() => box.open("whk_1", forged)).toThrow("sealed with another service key");
});
