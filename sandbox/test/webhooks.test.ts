import { createPublicKey, verify } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import twilio from "twilio";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { createSandbox, SANDBOX_KEYS, type SandboxOptions } from "../sandbox.ts";
import { sdkClients } from "./clients.ts";
import { createChecker, PROVIDERS } from "./conformance.ts";

interface Post {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A shop that takes every webhook; `down` makes it refuse. */
async function startShop() {
  const posts: Post[] = [];
  const state = { down: false };
  const server = createServer((req, res) => {
    let body = "";
    req.setEncoding("utf8");
    req.on("data", (chunk: string) => (body += chunk));
    req.on("end", () => {
      if (!state.down) posts.push({ path: req.url ?? "", headers: req.headers, body });
      res.writeHead(state.down ? 503 : 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    state,
    at: (vendor: string) => posts.filter(({ path }) => path.startsWith(`/v1/webhooks/${vendor}`)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Shop = Awaited<ReturnType<typeof startShop>>;

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(async () => await shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.posts.length = 0;
  shop.state.down = false;
});

async function start(options: Partial<SandboxOptions> = {}) {
  const sandbox = createSandbox({ dataDir: ":memory:", webhookBaseUrl: shop.url, ...options });
  const { url } = await sandbox.listen({ port: 0 });
  return {
    url,
    ...sdkClients(url),
    webhookKeys: sandbox.webhookKeys,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

const mail = { from: "s@example.com", subject: "x", text: "x", customArgs: { message_id: "msg_1" } };
const events = (post: Post) => JSON.parse(post.body) as Record<string, unknown>[];

test.each([
  ["ada@example.com", [{ event: "processed" }, { event: "delivered", response: "250 OK" }]],
  ["Bounce+7@example.com", [{ event: "processed" }, { event: "bounce", type: "bounce", status: "5.1.1" }]],
  ["blocked@example.com", [{ event: "processed" }, { event: "bounce", type: "blocked" }]],
  ["dropped@example.com", [{ event: "dropped", reason: "Bounced Address" }]],
  ["spamreport@example.com", [{ event: "processed" }, { event: "delivered" }, { event: "spamreport" }]],
  ["constructor@example.com", [{ event: "processed" }, { event: "delivered" }]],
])("SendGrid tells of mail to %s, with the custom arguments", async (to, want) => {
  await using sandbox = await start();
  const [answer] = await sandbox.mail.send({ ...mail, to });
  const messageId = (answer.headers as Record<string, string>)["x-message-id"];
  const post = await waitFor(() => shop.at("sendgrid")[0]);
  expect(events(post)).toEqual(
    want.map((event) => expect.objectContaining({ email: to, message_id: "msg_1", ...event })),
  );
  expect(String(events(post)[0]?.["sg_message_id"]).split(".")[0]).toBe(messageId);
});

test.each([
  ["/sandbox/api/emails/:id/event", JSON.stringify({ event: "spamreport" }), "spamreport"],
  ["/sandbox/emails/:id/event", "event=bounce", "bounce"],
])("a reader has something become of an e-mail later, by POST %s", async (path, body, event) => {
  await using sandbox = await start();
  await sandbox.mail.send({ ...mail, to: "ada@example.com" });
  await waitFor(() => shop.at("sendgrid")[0]);
  const list = (await (await fetch(`${sandbox.url}/sandbox/api/emails`)).json()) as {
    items: { id: string }[];
  };
  const post = (id: string, sent = body) =>
    fetch(sandbox.url + path.replace(":id", id), { method: "POST", body: sent, redirect: "manual" });
  const id = list.items[0]?.id ?? "";
  expect([200, 303]).toContain((await post(id)).status);
  const told = await waitFor(() => shop.at("sendgrid")[1]);
  expect(events(told)).toEqual([
    expect.objectContaining({ event, email: "ada@example.com", message_id: "msg_1" }),
  ]);
  expect((await post("eml_none")).status).toBe(404);
  expect((await post(id, "{}")).status).toBeGreaterThanOrEqual(400);
});

test("whoever has the phone answers: the shop is told, and after STOP it is refused until START", async () => {
  await using sandbox = await start();
  const sms = { to: "+14155550123", from: "+15005550006", body: "Hello" };
  const { sid } = await sandbox.sms.messages.create(sms);
  const answer = (id: string, body: unknown) =>
    fetch(`${sandbox.url}/sandbox/api/messages/${id}/answer`, {
      method: "POST",
      body: JSON.stringify({ body }),
    });
  const told = (word: string) =>
    waitFor(() => shop.at("twilio").find(({ body }) => new URLSearchParams(body).get("Body") === word));
  const answered = (await (await answer(sid, " stop ")).json()) as { sid: string };
  const { path, headers, body } = await told(" stop ");
  const params = Object.fromEntries(new URLSearchParams(body));
  expect(params).toMatchObject({
    ...{ From: "+14155550123", To: "+15005550006", MessageSid: answered.sid, SmsStatus: "received" },
  });
  const signature = String(headers["x-twilio-signature"]);
  expect(twilio.validateRequest(SANDBOX_KEYS.twilioAuthToken, signature, shop.url + path, params)).toBe(true);
  expect(await sandbox.sms.messages(answered.sid).fetch()).toMatchObject({
    ...{ direction: "inbound", status: "received", from: "+14155550123" },
  });
  await expect(sandbox.sms.messages.create(sms)).rejects.toMatchObject({ status: 400, code: 21610 });
  await sandbox.sms.messages.create({ ...sms, to: "+14155550124" });
  const form = new URLSearchParams({ body: "START" });
  await fetch(`${sandbox.url}/sandbox/messages/${sid}/answer`, {
    method: "POST",
    body: form,
    redirect: "manual",
  });
  await told("START");
  await sandbox.sms.messages.create(sms);
  for (const [id, said] of [
    ["SM1", "STOP"],
    [answered.sid, "STOP"],
    [sid, ""],
    [sid, 7],
  ] as const) {
    expect((await answer(id, said)).status).toBeGreaterThanOrEqual(400);
  }
});

test("SendGrid's events are signed with a key that outlives the process", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandbox-"));
  try {
    let key = "";
    {
      await using sandbox = await start({ dataDir });
      key = sandbox.webhookKeys.sendgrid;
      const told: unknown = await (await fetch(`${sandbox.url}/sandbox/api/webhook-keys`)).json();
      expect(told).toEqual({ sendgrid: key });
    }
    await using sandbox = await start({ dataDir });
    await sandbox.mail.send({ ...mail, to: "a@example.com" });
    const { headers, body } = await waitFor(() => shop.at("sendgrid")[0]);
    const publicKey = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    const signature = Buffer.from(String(headers["x-twilio-email-event-webhook-signature"]), "base64");
    const signed = (text: string) =>
      verify(
        "sha256",
        Buffer.from(`${String(headers["x-twilio-email-event-webhook-timestamp"])}${text}`),
        publicKey,
        signature,
      );
    expect([signed(body), signed(`${body} `)]).toEqual([true, false]);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

test("Twilio calls back when a text was sent and when it arrived or did not", {
  timeout: 20_000,
}, async () => {
  await using sandbox = await start();
  const text = { from: "+15005550006", body: "x" };
  const arrives = await sandbox.sms.messages.create({ ...text, to: "+15558675310" });
  const statusCallback = `${shop.url}/own?message=1`;
  const fails = await sandbox.sms.messages.create({ ...text, to: "+15005550030", statusCallback });
  await waitFor(() => shop.posts.length === 4);
  const told = shop.posts.map(({ path, headers, body }) => {
    const params = Object.fromEntries(new URLSearchParams(body));
    const signature = String(headers["x-twilio-signature"]);
    const authToken = SANDBOX_KEYS.twilioAuthToken;
    expect(twilio.validateRequest(authToken, signature, shop.url + path, params)).toBe(true);
    expect(twilio.validateRequest("other", signature, shop.url + path, params)).toBe(false);
    return [path, params["MessageSid"], params["MessageStatus"], params["ErrorCode"] ?? ""].join(" ");
  });
  expect(told.toSorted()).toEqual(
    [
      `/own?message=1 ${fails.sid} sent `,
      `/own?message=1 ${fails.sid} undelivered 30003`,
      `/v1/webhooks/twilio ${arrives.sid} delivered `,
      `/v1/webhooks/twilio ${arrives.sid} sent `,
    ].toSorted(),
  );
  const { status, errorCode } = await sandbox.sms.messages(fails.sid).fetch();
  expect([status, errorCode]).toEqual(["undelivered", 30003]);
});

async function buyLabel({ shippo }: ReturnType<typeof sdkClients>, { async = false } = {}) {
  const shipment = await shippo.shipments.create({
    addressFrom: { name: "S", street1: "1", city: "b", state: "CA", zip: "94117", country: "US" },
    addressTo: { name: "B", street1: "2", city: "c", state: "NY", zip: "10001", country: "US" },
    parcels: [{ massUnit: "lb", weight: "2", distanceUnit: "in", height: "4", length: "10", width: "8" }],
    metadata: "ord_1",
    async: false,
  });
  const rate = shipment.rates.find(({ provider }) => provider === "UPS")?.objectId ?? "";
  return await shippo.transactions.create({ rate, metadata: "shp_1", async });
}

const told = () => shop.at("shippo").map(({ body }) => JSON.parse(body) as { event: string; data: Told });
interface Told {
  object_id?: string;
  status?: string;
  tracking_number?: string;
  tracking_status?: { status: string };
}

test("Shippo tells of a label, its refund and its parcel, each as it was then", async () => {
  await using sandbox = await start({ shippoWebhookToken: "tök en" });
  const label = await buyLabel(sandbox);
  const track = (body?: object) =>
    fetch(`${sandbox.url}/sandbox/api/labels/${label.objectId}/track`, {
      method: "POST",
      ...(body && { body: JSON.stringify(body) }),
    });
  await waitFor(() => shop.posts.length === 1);
  shop.state.down = true;
  expect((await track()).status).toBe(200);
  expect((await track({ status: "DELIVERED" })).status).toBe(200);
  await sandbox.shippo.refunds.create({ transaction: label.objectId ?? "" });
  shop.state.down = false;
  await waitFor(() => shop.posts.length === 4);
  expect(shop.posts.map(({ path }) => path)).toEqual(
    Array(4).fill("/v1/webhooks/shippo?token=t%C3%B6k%20en"),
  );
  const summary = told().map(({ event, data }) =>
    event === "track_updated"
      ? [event, data.tracking_number, data.tracking_status?.status]
      : [event, data.object_id, data.status],
  );
  const byEvent = summary.toSorted((a, b) => a.join().localeCompare(b.join()));
  expect(byEvent).toEqual([
    ["track_updated", label.trackingNumber, "DELIVERED"],
    ["track_updated", label.trackingNumber, "PRE_TRANSIT"],
    ["transaction_created", label.objectId, "SUCCESS"],
    ["transaction_updated", label.objectId, "REFUNDREJECTED"],
  ]);
  // Without the vendors' documents there is nothing to compare with.
  const checker = PROVIDERS === undefined ? undefined : createChecker("shippo", PROVIDERS);
  const problems = told().flatMap((body) => checker?.webhook(body.event.split("_")[0] ?? "", body) ?? []);
  expect(problems).toEqual([]);
  const now = await sandbox.shippo.trackingStatus.get(label.trackingNumber ?? "", "ups");
  expect(now.trackingStatus?.status).toBe("DELIVERED");
  expect(now.trackingHistory.map(({ status }) => status)).toEqual(["PRE_TRANSIT", "DELIVERED"]);
  expect((await track()).status).toBe(404);
  expect((await track({ status: "LOST" })).status).toBe(400);
});

test("an asynchronous purchase is told of twice", async () => {
  await using sandbox = await start();
  await buyLabel(sandbox, { async: true });
  await waitFor(() => shop.posts.length === 2);
  expect(
    told()
      .map(({ event, data }) => `${event} ${data.status}`)
      .toSorted(),
  ).toEqual(["transaction_created QUEUED", "transaction_updated SUCCESS"]);
});

test("only the chosen types are posted; a vendor that is not named tells all", async () => {
  await using sandbox = await start({ webhookEvents: { stripe: ["customer.updated"], shippo: [] } });
  const { id } = await sandbox.stripe.customers.create({});
  await buyLabel(sandbox);
  await sandbox.stripe.customers.update(id, { name: "x" });
  await sandbox.mail.send({ ...mail, to: "a@example.com" });
  await waitFor(() => shop.posts.length === 2);
  expect(shop.at("stripe").map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual([
    "customer.updated",
  ]);
  expect(shop.at("sendgrid")).toHaveLength(1);
  // They can be read all the same.
  const { data } = await sandbox.stripe.events.list();
  expect(data.map(({ type }) => type)).toEqual(["customer.updated", "customer.created"]);
});

test("a doubled webhook has the same body, so that it can be told from another", async () => {
  await using sandbox = await start();
  const faults = { webhooks: { duplicate: 1 } };
  await fetch(`${sandbox.url}/sandbox/api/faults`, { method: "PUT", body: JSON.stringify(faults) });
  await sandbox.stripe.customers.create({});
  await sandbox.mail.send({ ...mail, to: "a@example.com" });
  await buyLabel(sandbox);
  await waitFor(() => shop.posts.length === 6);
  for (const vendor of ["stripe", "sendgrid", "shippo"]) {
    const bodies = shop.at(vendor).map(({ body }) => body);
    expect([bodies.length, new Set(bodies).size]).toEqual([2, 1]);
  }
});
