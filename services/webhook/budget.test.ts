import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import type { Send } from "./send.ts";
import { openTestWebhooks, type TestWebhooks } from "./testing/webhooks.ts";

const statements: string[] = [];
let statusCode = 204;
/** An endpoint that answers at once. */
const send: Send = async () => ({
  ...{ statusCode, error: statusCode === 204 ? "" : "STATUS", response: "", durationMs: 1 },
  attemptTime: webhooks.now(),
});

let webhooks: TestWebhooks;
let endpointId: string;
beforeAll(async () => {
  webhooks = await openTestWebhooks({ send }, { onStatement: (text) => statements.push(text) });
  endpointId = (await webhooks.client.createEndpoint({ endpoint: { url: "https://shop.example" } }, as.staff))
    .id;
});
afterAll(() => webhooks?.[Symbol.asyncDispose]());

const update = (fields: { description?: string; disabled?: boolean }, requestId = "") =>
  webhooks.client.updateEndpoint(
    { endpoint: { id: endpointId, ...fields }, updateMask: { paths: Object.keys(fields) }, requestId },
    as.staff,
  );
const since = timestampFromDate(new Date(0));

/** The look for what is due, which comes by itself. */
const isClaim = (text: string) => text.includes("skip locked");

/** Statements sent, `begin` and `commit` included. */
test.each<[string, number, () => Promise<unknown>]>([
  ["GetEndpoint", 1, () => webhooks.client.getEndpoint({ endpointId }, as.staff)],
  ["ListEndpoints", 1, () => webhooks.client.listEndpoints({}, as.staff)],
  [
    "CreateEndpoint",
    5,
    () => webhooks.client.createEndpoint({ endpoint: { url: "https://b.example" } }, as.staff),
  ],
  ["UpdateEndpoint", 4, () => update({ description: "a" })],
  ["UpdateEndpoint with a request_id", 6, () => update({ description: "b" }, "u")],
  ["UpdateEndpoint that disables", 5, () => update({ disabled: true })],
  ["UpdateEndpoint that enables", 4, () => update({ disabled: false })],
  ["GetEndpointSecret", 1, () => webhooks.client.getEndpointSecret({ endpointId }, as.staff)],
  ["RotateEndpointSecret", 4, () => webhooks.client.rotateEndpointSecret({ endpointId }, as.staff)],
  ["ListDeliveries", 1, () => webhooks.client.listDeliveries({}, as.staff)],
  [
    "RecoverDeliveries of nothing",
    5,
    () => webhooks.client.recoverDeliveries({ endpointId, since }, as.staff),
  ],
  ["EraseEvents", 4, () => webhooks.client.eraseEvents({ orderIds: ["ord_1"] }, as.service("customer"))],
])("%s sends %i", async (_name, budget, call) => {
  statements.length = 0;
  await call();
  expect(statements.filter((text) => !isClaim(text))).toHaveLength(budget);
});

test.each([
  ["is acknowledged", 204, 5],
  ["fails", 500, 6],
])("publishing sends 5, and an attempt that %s", async (_, status, budget) => {
  await using fresh = await openTestWebhooks({ send }, { onStatement: (text) => statements.push(text) });
  await fresh.client.createEndpoint({ endpoint: { url: "https://shop.example" } }, as.staff);
  statusCode = status;
  statements.length = 0;
  await fresh.publish({});
  await waitFor(() => statements.filter((text) => text === "commit").length === 2);
  expect(statements.filter((text) => !isClaim(text))).toHaveLength(5 + budget);
});
