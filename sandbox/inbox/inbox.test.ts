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
    expect(text.includes("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;")).toBe(path !== "/webhooks");
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

test.each(["/sandbox/nothing", "/sandbox/emails/x", "/sandbox/labels/x.pdf", "/sandbox/3ds/x", "/elsewhere"])(
  "%s is 404",
  async (path) => {
    expect((await get(path)).status).toBe(404);
  },
);
