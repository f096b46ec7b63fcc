import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import { expect, test, vi } from "vitest";
import { createSandbox } from "../sandbox.ts";
import { sdkClients } from "../test/clients.ts";

const SECRET = "whsec_test";
const intent = {
  amount: 900,
  currency: "usd",
  payment_method: "pm_card_visa",
  confirm: true,
  return_url: "https://shop.example",
} as const;

/** A receiver that answers with the given statuses in turn, then with 200. */
async function startReceiver(answers: number[] = []) {
  const events: Stripe.Event[] = [];
  const statuses = [...answers];
  const server = createServer((req, res) => {
    let body = "";
    req.on("data", (chunk) => (body += chunk));
    req.on("end", () => {
      // Throws, and so fails the test, when the signature is not the SDK's.
      const event = new Stripe("sk_test_x").webhooks.constructEvent(
        body,
        req.headers["stripe-signature"] ?? "",
        SECRET,
      );
      const status = statuses.shift() ?? 200;
      if (status === 200) events.push(event);
      res.writeHead(status).end(status === 200 ? "thanks" : "not now");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("each change is told, signed, and can be read again", async () => {
  await using receiver = await startReceiver();
  await using sandbox = createSandbox({
    dataDir: ":memory:",
    webhookBaseUrl: receiver.url,
    stripeWebhookSecret: SECRET,
  });
  const { url } = await sandbox.listen({ port: 0 });
  const { stripe } = sdkClients(url);
  const paid = await stripe.paymentIntents.create({ ...intent, capture_method: "manual" });
  await stripe.paymentIntents.capture(paid.id);
  await stripe.refunds.create({ payment_intent: paid.id });
  const expected = [
    "charge.captured",
    "charge.refunded",
    "charge.succeeded",
    "payment_intent.amount_capturable_updated",
    "payment_intent.created",
    "payment_intent.succeeded",
    "refund.created",
  ];
  await vi.waitFor(() => expect(receiver.events.map(({ type }) => type).sort()).toEqual(expected));
  const succeeded = receiver.events.find(({ type }) => type === "payment_intent.succeeded");
  expect(succeeded).toMatchObject({
    api_version: "2026-10-28.endive",
    data: { object: { id: paid.id, status: "succeeded" } },
  });
  const stored = await stripe.events.retrieve(succeeded?.id ?? "");
  expect(stored).toMatchObject({ id: succeeded?.id, pending_webhooks: 0, data: succeeded?.data });
  const filtered = await stripe.events.list({ types: ["refund.created", "charge.captured"] });
  expect(filtered.data.map(({ type }) => type)).toEqual(["refund.created", "charge.captured"]);
});

test("a refused webhook is sent again; attempts and answers are kept", async () => {
  await using receiver = await startReceiver([500, 404]);
  await using sandbox = createSandbox({
    dataDir: ":memory:",
    webhookBaseUrl: receiver.url,
    stripeWebhookSecret: SECRET,
    webhookRetryMs: [5, 5, 5],
  });
  const { url } = await sandbox.listen({ port: 0 });
  await sdkClients(url).stripe.customers.create({});
  await vi.waitFor(() => expect(receiver.events).toHaveLength(1));
  await vi.waitFor(async () => {
    const { items } = (await (await fetch(`${url}/sandbox/api/webhooks`)).json()) as { items: unknown[] };
    expect(items).toEqual([
      expect.objectContaining({
        type: "customer.created",
        state: "delivered",
        attempts: [500, 404, 200].map((status) =>
          expect.objectContaining({ status, answer: status === 200 ? "thanks" : "not now" }),
        ),
      }),
    ]);
  });
});

test("after the last pause a webhook has failed", async () => {
  await using receiver = await startReceiver([500, 500, 500]);
  await using sandbox = createSandbox({
    dataDir: ":memory:",
    webhookBaseUrl: receiver.url,
    stripeWebhookSecret: SECRET,
    webhookRetryMs: [1],
  });
  const { url } = await sandbox.listen({ port: 0 });
  await sdkClients(url).stripe.customers.create({});
  await vi.waitFor(async () => {
    const { items } = (await (await fetch(`${url}/sandbox/api/webhooks`)).json()) as {
      items: { state: string; attempts: [] }[];
    };
    expect([items[0]?.state, items[0]?.attempts.length]).toEqual(["failed", 2]);
  });
});

test("objects, keys and undelivered webhooks outlive the process", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandbox-"));
  try {
    const params = { ...intent, metadata: { order: "1" } };
    let first: Stripe.PaymentIntent;
    {
      // Nobody listens on the discard port.
      await using sandbox = createSandbox({
        dataDir,
        webhookBaseUrl: "http://127.0.0.1:9",
        webhookRetryMs: [1, 60_000],
      });
      const { stripe } = sdkClients((await sandbox.listen({ port: 0 })).url);
      first = await stripe.paymentIntents.create(params, { idempotencyKey: "once" });
    }
    await using sandbox = createSandbox({ dataDir });
    const { url } = await sandbox.listen({ port: 0 });
    const { stripe } = sdkClients(url);
    const again = await stripe.paymentIntents.create(params, { idempotencyKey: "once" });
    expect(again.id).toBe(first.id);
    expect((await stripe.paymentIntents.list()).data.map(({ id }) => id)).toEqual([first.id]);
    const { items } = (await (await fetch(`${url}/sandbox/api/webhooks`)).json()) as {
      items: { state: string }[];
    };
    expect(items.map(({ state }) => state)).toEqual(["pending", "pending", "pending"]);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
