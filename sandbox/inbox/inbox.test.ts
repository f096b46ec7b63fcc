import { afterAll, beforeAll, expect, test } from "vitest";
import { type Harness, startHarness } from "../test/harness.ts";

let sandbox: Harness;
beforeAll(async () => {
  sandbox = await startHarness({ webhookBaseUrl: "http://127.0.0.1:9", webhookRetryMs: [] });
});
afterAll(async () => await sandbox[Symbol.asyncDispose]());

const attack = `<script>alert("1")</script>`;
const get = async (path: string) => {
  const answer = await fetch(sandbox.url + path);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};

test("empty sections say so", async () => {
  for (const path of ["", "/messages", "/labels", "/payments", "/webhooks"]) {
    const { status, text } = await get(`/sandbox${path}`);
    expect([status, text]).toEqual([200, expect.stringContaining("yet.")]);
  }
});

test("what callers wrote is shown as text, never as markup", async () => {
  await sandbox.mail.send({
    to: { email: "a@example.com", name: attack },
    from: "s@example.com",
    subject: attack,
    text: attack,
  });
  await sandbox.sms.messages.create({ to: "+15558675310", from: "+15005550006", body: attack });
  await sandbox.stripe.paymentIntents.create({
    amount: 900,
    currency: "usd",
    description: attack,
    metadata: { [attack]: attack },
  });
  const { rates } = await sandbox.shippo.shipments.create({
    addressFrom: { name: "Shop", street1: "1", city: "b", state: "CA", zip: "94117", country: "US" },
    addressTo: { name: attack, street1: attack, city: attack, zip: "10001", country: "US" },
    parcels: [{ massUnit: "lb", weight: "2", distanceUnit: "in", height: "4", length: "10", width: "8" }],
    async: false,
  });
  await sandbox.shippo.transactions.create({
    rate: rates[0]?.objectId ?? "",
    metadata: attack,
    async: false,
  });
  for (const path of ["", "/messages", "/labels", "/payments", "/webhooks"]) {
    const { text, headers } = await get(`/sandbox${path}`);
    expect(text.includes("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;")).toBe(path !== "/webhooks");
    expect(text).not.toContain("<script>");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  }
});

test("an e-mail's own page has no scripts and an origin of its own", async () => {
  await sandbox.mail.send({
    to: "b@example.com",
    from: "s@example.com",
    subject: "x",
    html: `<h1>Hello</h1>${attack}`,
  });
  const { items } = JSON.parse((await get("/sandbox/api/emails?to=b@example.com")).text) as {
    items: { id: string }[];
  };
  const { text, headers } = await get(`/sandbox/emails/${items[0]?.id}`);
  expect(text).toContain("<h1>Hello</h1>");
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toContain("sandbox allow-popups");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/allow-scripts|allow-same-origin|script-src/);
});

test("an attached page is a download, a picture is shown in its place", async () => {
  const attachments = [
    { filename: "page.html", type: "text/html", content: Buffer.from(attack).toString("base64") },
    {
      filename: "logo.png",
      type: "image/png",
      content: "iVBORw0KGgo=",
      content_id: "logo",
      disposition: "inline",
    },
  ];
  await sandbox.mail.send({
    to: "c@example.com",
    from: "s@example.com",
    subject: "x",
    html: `<img src="cid:logo">`,
    attachments,
  });
  const { items } = JSON.parse((await get("/sandbox/api/emails?to=c@example.com")).text) as {
    items: { id: string }[];
  };
  const id = items[0]?.id;
  expect((await get(`/sandbox/emails/${id}`)).text).toContain(`src="/sandbox/emails/${id}/attachments/1"`);
  const page = await get(`/sandbox/emails/${id}/attachments/0`);
  expect(page.headers.get("content-type")).toBe("application/octet-stream");
  expect(page.headers.get("content-disposition")).toContain("attachment");
  expect((await get(`/sandbox/emails/${id}/attachments/1`)).headers.get("content-type")).toBe("image/png");
});

test("sections page, newest first", async () => {
  for (let n = 0; n < 45; n += 1)
    await sandbox.sms.messages.create({ to: "+15558675999", from: "+15005550006", body: `text-${n}.` });
  const first = (await get("/sandbox/messages?to=%2B15558675999")).text;
  expect(first).toContain("text-44.");
  expect(first).not.toContain("text-4.");
  expect(first).toContain("page=2");
  expect((await get("/sandbox/messages?to=%2B15558675999&page=2")).text).toContain("text-4.");
  const { items, more } = JSON.parse((await get("/sandbox/api/messages?to=%2B15558675999&limit=2")).text) as {
    items: object[];
    more: boolean;
  };
  expect([items.length, more]).toEqual([2, true]);
});

test("a button plays the payer of a bank transfer; forms of other sites are refused", async () => {
  const customer = await sandbox.stripe.customers.create({});
  const intent = await sandbox.stripe.paymentIntents.create({
    amount: 5000,
    currency: "eur",
    customer: customer.id,
    allowed_payment_method_types: ["customer_balance"],
    payment_method_data: { type: "customer_balance" },
    payment_method_options: {
      customer_balance: {
        funding_type: "bank_transfer",
        bank_transfer: { type: "eu_bank_transfer", eu_bank_transfer: { country: "DE" } },
      },
    },
    confirm: true,
  });
  const path = `/sandbox/payments/${intent.id}/fund`;
  expect((await get("/sandbox/payments")).text).toContain(path);
  const post = (headers = {}) => fetch(sandbox.url + path, { method: "POST", headers, redirect: "manual" });
  expect((await post({ origin: "https://evil.example" })).status).toBe(403);
  expect((await post({ origin: sandbox.url })).status).toBe(303);
  expect((await sandbox.stripe.paymentIntents.retrieve(intent.id)).status).toBe("succeeded");
  expect((await post()).status).toBe(409);
});

test("a person transfers a part, too much, and once more after the end", async () => {
  const { stripe } = sandbox;
  const customer = await stripe.customers.create({});
  const intent = await stripe.paymentIntents.create({
    ...{ amount: 1000, currency: "eur", customer: customer.id, confirm: true },
    allowed_payment_method_types: ["customer_balance"],
    payment_method_data: { type: "customer_balance" },
    payment_method_options: {
      customer_balance: {
        funding_type: "bank_transfer",
        bank_transfer: { type: "eu_bank_transfer", eu_bank_transfer: { country: "DE" } },
      },
    },
  });
  const send = async (amount: string) => {
    const url = `${sandbox.url}/sandbox/payments/${intent.id}/fund`;
    const body = new URLSearchParams({ amount });
    return (await fetch(url, { method: "POST", body, redirect: "manual" })).status;
  };
  const seen = async () => {
    const { status } = await stripe.paymentIntents.retrieve(intent.id);
    return [status, (await stripe.customers.retrieveCashBalance(customer.id)).available];
  };
  for (const wrong of ["", "x", "-1", "0", "1,5"]) expect(await send(wrong)).toBe(400);
  expect((await get("/sandbox/payments")).text).toContain('value="10.00"');
  expect(await send("4")).toBe(303);
  expect(await seen()).toEqual(["requires_action", null]);
  expect(await send("6.50")).toBe(303);
  expect(await seen()).toEqual(["succeeded", { eur: 50 }]);
  expect(await send("1")).toBe(303);
  expect(await seen()).toEqual(["succeeded", { eur: 150 }]);
});

test.each(["/sandbox/nothing", "/sandbox/emails/x", "/sandbox/labels/x.pdf", "/sandbox/3ds/x", "/elsewhere"])(
  "%s is 404",
  async (path) => {
    expect((await get(path)).status).toBe(404);
  },
);

test("programs read every payment with what became of its money, page by page", async () => {
  const customer = await sandbox.stripe.customers.create({});
  const intent = { amount: 5000, currency: "usd", confirm: true, payment_method: "pm_card_visa" } as const;
  const made: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const { id } = await sandbox.stripe.paymentIntents.create({
      ...intent,
      customer: customer.id,
      capture_method: "manual",
      return_url: "https://shop.example",
      receipt_email: "reader@example.com",
      metadata: { order_id: `ord_${n}` },
    });
    made.push(id);
  }
  const [refunded = "", captured = "", canceled = ""] = made;
  await sandbox.stripe.paymentIntents.capture(refunded, { amount_to_capture: 4000 });
  await sandbox.stripe.refunds.create({ payment_intent: refunded, amount: 1500 });
  await sandbox.stripe.paymentIntents.capture(captured);
  await sandbox.stripe.paymentIntents.cancel(canceled);
  interface Item {
    id: string;
    metadata: { order_id: string };
  }
  const items: Item[] = [];
  for (let more = true; more; ) {
    const after = items.length === 0 ? "" : `&after=${items.at(-1)?.id}`;
    const page = JSON.parse(
      (await get(`/sandbox/api/payments?to=reader@example.com&limit=2${after}`)).text,
    ) as { items: Item[]; more: boolean };
    items.push(...page.items);
    more = page.more;
  }
  expect(items.map(({ id }) => id)).toEqual(made.toReversed());
  expect(items.map(({ metadata }) => metadata.order_id)).toEqual([
    "ord_4",
    "ord_3",
    "ord_2",
    "ord_1",
    "ord_0",
  ]);
  const money = (id: string) => items.find((item) => item.id === id);
  expect(money(refunded)).toMatchObject({ captured: true, amount_captured: 4000, amount_refunded: 1500 });
  expect(money(captured)).toMatchObject({ captured: true, amount_captured: 5000, amount_refunded: 0 });
  const brief = JSON.parse(
    (await get(`/sandbox/api/payments?to=reader@example.com&brief=true&after=${captured}`)).text,
  ) as { items: Item[] };
  expect(brief.items).toEqual([
    {
      id: refunded,
      created: expect.any(Number),
      status: "succeeded",
      amount: 5000,
      currency: "usd",
      amount_received: 4000,
      metadata: { order_id: "ord_0" },
      captured: true,
      amount_captured: 4000,
      amount_refunded: 1500,
    },
  ]);
  expect(money(canceled)).toMatchObject({ captured: false, amount_captured: 0, amount_refunded: 0 });
});

test("programs read labels with their shipment's metadata, e-mails in brief, texts with their callback", async () => {
  const { rates } = await sandbox.shippo.shipments.create({
    addressFrom: { name: "S", street1: "1", city: "b", state: "CA", zip: "94117", country: "US" },
    addressTo: { name: "B", street1: "2", city: "c", state: "NY", zip: "10001", country: "US" },
    parcels: [{ massUnit: "lb", weight: "2", distanceUnit: "in", height: "4", length: "10", width: "8" }],
    metadata: "ord_9",
    async: false,
  });
  const rate = rates[0]?.objectId ?? "";
  await sandbox.shippo.transactions.create({ rate, metadata: "shp_9", async: false });
  await sandbox.mail.send({
    to: "d@example.com",
    from: "s@example.com",
    subject: "x",
    text: "long",
    customArgs: { event_key: "ord_9:paid" },
  });
  await sandbox.sms.messages.create({
    to: "+15558675777",
    from: "+15005550006",
    body: "x",
    statusCallback: "http://127.0.0.1:9/x?key=ord_9",
  });
  const first = async (path: string) =>
    (JSON.parse((await get(`/sandbox/api/${path}`)).text) as { items: object[] }).items[0];
  expect(await first("labels?limit=1")).toMatchObject({
    metadata: "shp_9",
    shipment_metadata: "ord_9",
    rate,
    tracking_status: "UNKNOWN",
  });
  const email = await first("emails?to=d@example.com&brief=true");
  expect(email).toMatchObject({ customArgs: { event_key: "ord_9:paid" } });
  expect(email).not.toHaveProperty("text");
  expect(await first("messages?to=%2B15558675777")).toMatchObject({
    status_callback: "http://127.0.0.1:9/x?key=ord_9",
  });
});
