import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import { Message_State, NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { BeginShippingResponseSchema, OrderSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import { ShippingService } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { newId } from "../../lib/ids/ids.ts";
import { createDirectTransport } from "../../lib/rpc/index.ts";
import { testInterceptors } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { WaitingJobs } from "../../lib/webhooks/testing/waiting-jobs.ts";
import { createSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { notifySchema } from "../../services/notify/migrations/index.ts";
import { createSendgridSender } from "../../services/notify/sendgrid-sender.ts";
import { createNotifyService } from "../../services/notify/service.ts";
import { staff } from "../../services/notify/testing/notify.ts";
import { createTwilioSender } from "../../services/notify/twilio-sender.ts";
import { shippingSchema } from "../../services/shipping/migrations/index.ts";
import { createShippingService } from "../../services/shipping/service.ts";
import { createShippoCarrier } from "../../services/shipping/shippo-carrier.ts";
import { order, shipmentRequest } from "../../services/shipping/testing/shipping.ts";
import { sender } from "./shippo-answers.ts";

const authToken = "sandbox";
const webhookToken = "token-of-shippo";
const log = pino({ level: "silent" });
const clock = () => new Date();
const timeoutMs = 10_000;
const jobs = { notify: new WaitingJobs(), shipping: new WaitingJobs() };

let sandbox: Sandbox;
let database: TestDatabase;
let shop: ReturnType<typeof openShop>;

/** Shipping and Notify over the sandbox, whose webhooks arrive at `publicUrl`. */
function openShop({ sandboxUrl, publicUrl }: { sandboxUrl: string; publicUrl: string }) {
  const notify = createNotifyService({
    db: database.db,
    clock,
    log,
    jobs: jobs.notify.enqueuer,
    orders: { getOrder: () => expect.unreachable("no order is previewed here") },
    email: createSendgridSender({
      apiKey: "SG.sandbox",
      baseUrl: sandboxUrl,
      from: { email: "shop@example.com" },
      timeoutMs,
    }),
    sms: createTwilioSender({
      accountSid: `AC${"0".repeat(32)}`,
      authToken,
      baseUrl: sandboxUrl,
      from: "+15005550006",
      timeoutMs,
      statusCallback: `${publicUrl}/v1/webhooks/twilio`,
    }),
    webhooks: { sendgridPublicKey: sandbox.webhookKeys.sendgrid, twilioAuthToken: authToken, publicUrl },
  });
  const shipping = createShippingService({
    db: database.open("shipping"),
    clock,
    log,
    jobs: jobs.shipping.enqueuer,
    carrier: createShippoCarrier({ apiKey: "shippo_test_sandbox", serverUrl: sandboxUrl, timeoutMs, sender }),
    orders: {
      settleShipment: async () => create(OrderSchema),
      beginShipping: async () => create(BeginShippingResponseSchema),
    },
    webhookToken,
  });
  const services = [...notify.services, ...shipping.services];
  const transport = createDirectTransport({ services, interceptors: testInterceptors });
  return {
    notify: createClient(NotifyService, transport),
    shipping: createClient(ShippingService, transport),
    work: async () => [
      ...(await jobs.notify.work(notify.inbox)),
      ...(await jobs.shipping.work(shipping.inbox)),
    ],
  };
}

// What the gateway does: the raw body, the signature's headers, the token of the query.
const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    const { pathname, searchParams } = new URL(req.url ?? "", "http://shop.test");
    const content = create(HttpBodySchema, { data: Buffer.concat(chunks) });
    const headers = Object.fromEntries(
      Object.entries(req.headers).filter(([name]) => name.startsWith("x-twilio-")),
    ) as Record<string, string>;
    const receive = {
      "/v1/webhooks/sendgrid": () => shop.notify.receiveSendgridWebhook({ content }, { headers }),
      "/v1/webhooks/twilio": () => shop.notify.receiveTwilioWebhook({ content }, { headers }),
      "/v1/webhooks/shippo": () =>
        shop.shipping.receiveShippoWebhook({ content, token: searchParams.get("token") ?? "" }),
    }[pathname];
    const answer = (status: number) => res.writeHead(status).end();
    (receive?.() ?? Promise.reject(new Error(pathname))).then(
      () => answer(200),
      () => answer(400),
    );
  });
});

beforeAll(async () => {
  database = await testDatabase([notifySchema, shippingSchema]);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  sandbox = createSandbox({
    dataDir: ":memory:",
    webhookBaseUrl: publicUrl,
    twilioAuthToken: authToken,
    shippoWebhookToken: webhookToken,
  });
  const { url } = await sandbox.listen({ port: 0 });
  shop = openShop({ sandboxUrl: url, publicUrl });
});
afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
  await database?.[Symbol.asyncDispose]();
});

/** The state that a message comes to when its webhooks are applied. */
const endOf = (messageId: string) =>
  waitFor(
    async () => {
      await shop.work();
      const { state } = await shop.notify.getMessage({ messageId }, staff);
      return state !== Message_State.SENT && state;
    },
    { timeoutMs: 30_000, what: "news of the message" },
  );

test.each([
  ["ada@example.com", Message_State.DELIVERED],
  ["bounce@example.com", Message_State.UNDELIVERED],
])("SendGrid tells what became of an e-mail to %s", async (to, want) => {
  const { id } = await shop.notify.sendEmail({ to, subject: "Hello", text: "Hi" }, staff);
  expect(await endOf(id)).toBe(want);
});

test("Twilio tells what became of a text message", async () => {
  const { id } = await shop.notify.sendSms({ to: "+14155550123", text: "Hi" }, staff);
  expect(await endOf(id)).toBe(Message_State.DELIVERED);
});

test("Shippo tells of a purchase, which changes nothing for a label that is there", async () => {
  const shipmentId = newId("shp");
  const { rates } = await shop.shipping.createShipment(shipmentRequest({ shipmentId }), order);
  const labeled = await shop.shipping.buyLabel({ shipmentId, rateId: rates[0]?.id ?? "" }, staff);
  const types = await waitFor(async () => {
    await shop.work();
    const { events } = await shop.shipping.listWebhookEvents({}, staff);
    return events.length > 0 && events.every(({ applyTime }) => applyTime !== undefined)
      ? events.map(({ type }) => type)
      : undefined;
  });
  expect(types.some((type) => type.startsWith("transaction_"))).toBe(true);
  expect(await shop.shipping.getShipment({ shipmentId }, staff)).toEqual(labeled);
});
