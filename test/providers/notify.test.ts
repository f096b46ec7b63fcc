import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { SendRefused, SendUnavailable } from "../../services/notify/send-errors.ts";
import { createSendgridSender } from "../../services/notify/sendgrid-sender.ts";
import { createTwilioSender } from "../../services/notify/twilio-sender.ts";
import {
  type Answer,
  deadUrl,
  drip,
  everythingIn,
  json,
  page,
  rejectionOf,
  reset,
  silence,
  startVendorServer,
  truncated,
} from "./vendor-server.ts";

const apiKey = "SG.not.a-real-key";
const accountSid = "AC00000000000000000000000000000001";
const authToken = "not_a_real_token";
const basic = Buffer.from(`${accountSid}:${authToken}`).toString("base64");
const phone = "+15005550006";
const mail = {
  to: "ada@example.com",
  from: "",
  subject: "Hello",
  text: "Hi Ada",
  html: "<p>Hi Ada</p>",
  messageId: "msg_1",
};
const sms = { to: "+14155550123", text: "Hi Ada ✓" };

let server: Awaited<ReturnType<typeof startVendorServer>>;
beforeAll(async () => {
  server = await startVendorServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

function sendersAt(url: string, timeoutMs = 400) {
  return {
    email: createSendgridSender({
      apiKey,
      baseUrl: url,
      from: { email: "shop@example.com", name: "Rowlock" },
      timeoutMs,
    }),
    sms: createTwilioSender({ accountSid, authToken, baseUrl: url, from: phone, timeoutMs }),
  };
}

const accepted: Answer = (res) => {
  res.writeHead(202, { "x-message-id": "sg_1" }).end();
};
const problem = (message: string, field: string | null = null) => ({
  errors: [{ message, field, help: null }],
});
const fault = (code: number, message: string, status = 400) => ({ code, message, more_info: "", status });

const failures: [string, Answer, { pending: boolean }][] = [
  [
    "401: the key is wrong",
    json(401, { ...problem("bad key"), ...fault(20003, "Authenticate", 401) }),
    { pending: false },
  ],
  ["404", json(404, {}), { pending: false }],
  ["429", json(429, { ...problem("slow down"), ...fault(20429, "Too many", 429) }), { pending: false }],
  ["500: it may have been done all the same", page(500), { pending: true }],
  ["503", page(503), { pending: true }],
  ["502: a gateway knows nothing of the server", page(502), { pending: true }],
  ["504: a gateway gave up waiting", page(504), { pending: true }],
  ["a connection that is reset", reset, { pending: true }],
  ["an answer that breaks off", truncated, { pending: true }],
  ["no answer in time", silence, { pending: true }],
  ["an answer that drips past the time", drip, { pending: true }],
];

describe.each<[string, () => Promise<unknown>]>([
  ["SendGrid", () => sendersAt(server.url).email.send(mail)],
  ["Twilio", () => sendersAt(server.url).sms.send(sms)],
])("%s", (_, send) => {
  test.each(failures)("is unavailable after %s, and is asked once", async (_, answer, want) => {
    server.answer(answer);
    const err = await rejectionOf(send());
    expect(err).toBeInstanceOf(SendUnavailable);
    expect(err).toMatchObject(want);
    expect(server.seen).toHaveLength(1);
    for (const secret of [apiKey, authToken, basic]) expect(everythingIn(err)).not.toContain(secret);
  });
});

test("when nothing listens, nothing is pending", async () => {
  const lost = sendersAt(await deadUrl());
  for (const send of [() => lost.email.send(mail), () => lost.sms.send(sms)]) {
    const err = await rejectionOf(send());
    expect(err).toBeInstanceOf(SendUnavailable);
    expect(err).toMatchObject({ pending: false });
  }
});

describe("an e-mail", () => {
  test("is sent from the shop with both forms, and no link is rewritten", async () => {
    server.answer(accepted);
    expect(await sendersAt(server.url).email.send(mail)).toBe("sg_1");
    expect(server.seen[0]).toMatchObject({ method: "POST", path: "/v3/mail/send" });
    expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
    expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual({
      personalizations: [{ to: [{ email: "ada@example.com" }] }],
      from: { email: "shop@example.com", name: "Rowlock" },
      subject: "Hello",
      content: [
        { type: "text/plain", value: "Hi Ada" },
        { type: "text/html", value: "<p>Hi Ada</p>" },
      ],
      custom_args: { message_id: "msg_1" },
      tracking_settings: { click_tracking: { enable: false, enable_text: false } },
    });
  });

  test("may have another sender, and no HTML", async () => {
    server.answer(accepted);
    await sendersAt(server.url).email.send({ ...mail, from: "team@example.com", html: "" });
    expect(JSON.parse(server.seen[0]?.body ?? "")).toMatchObject({
      from: { email: "team@example.com" },
      content: [{ type: "text/plain", value: "Hi Ada" }],
    });
  });

  test.each([
    [
      "400",
      json(400, problem("Does not contain a valid address.", "to")),
      "",
      "Does not contain a valid address.",
    ],
    ["413", json(413, problem("too large")), "", "too large"],
    ["400 without a word", page(400), "", "refused"],
    [
      "403 for a caller's sender",
      json(403, problem("not verified", "from")),
      "eve@example.com",
      "not verified",
    ],
  ])("is refused by %s", async (_, answer, from, message) => {
    server.answer(answer);
    const err = await rejectionOf(sendersAt(server.url).email.send({ ...mail, from }));
    expect(err).toBeInstanceOf(SendRefused);
    expect(err).toMatchObject({ message });
  });

  test("is not to blame for the shop's own sender", async () => {
    server.answer(json(403, problem("not verified", "from")));
    expect(await rejectionOf(sendersAt(server.url).email.send(mail))).toBeInstanceOf(SendUnavailable);
  });

  test("does not change the packages' shared instances", async () => {
    const { default: shared } = await import("@sendgrid/client");
    expect(shared.createRequest({ method: "GET", url: "/" })).not.toMatchObject({ baseURL: server.url });
  });
});

describe("a text message", () => {
  const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;

  test("is sent from the shop's number", async () => {
    server.answer(json(201, { sid: "SM1", status: "queued" }));
    expect(await sendersAt(server.url).sms.send(sms)).toBe("SM1");
    expect(server.seen[0]).toMatchObject({ method: "POST", path });
    expect(server.seen[0]?.headers.authorization).toBe(`Basic ${basic}`);
    expect(Object.fromEntries(new URLSearchParams(server.seen[0]?.body))).toEqual({
      To: sms.to,
      From: phone,
      Body: sms.text,
    });
  });

  test("asks Twilio to tell what becomes of it, where the shop listens", async () => {
    server.answer(json(201, { sid: "SM1", status: "queued" }));
    const statusCallback = "https://shop.test/v1/webhooks/twilio";
    const told = createTwilioSender({
      accountSid,
      authToken,
      baseUrl: server.url,
      from: phone,
      timeoutMs: 400,
      statusCallback,
    });
    await told.send(sms);
    expect(new URLSearchParams(server.seen[0]?.body).get("StatusCallback")).toBe(statusCallback);
  });

  test.each([
    ["queued", null, { state: "SENT", error: "" }],
    ["sent", null, { state: "SENT", error: "" }],
    ["delivered", null, { state: "DELIVERED", error: "" }],
    ["read", null, { state: "DELIVERED", error: "" }],
    ["undelivered", 30003, { state: "UNDELIVERED", error: "undelivered: 30003" }],
    ["failed", 30008, { state: "UNDELIVERED", error: "failed: 30008" }],
    ["canceled", null, { state: "UNDELIVERED", error: "canceled" }],
    ["teleported", null, { state: "SENT", error: "" }],
  ])("that is %s at Twilio", async (status, error_code, want) => {
    server.answer(json(200, { sid: "SM1", status, error_code }));
    expect(await sendersAt(server.url).sms.delivery("SM1")).toEqual(want);
    expect(server.seen[0]).toMatchObject({ method: "GET", path: path.replace(".json", "/SM1.json") });
  });

  test("that Twilio does not know has no delivery; without an answer nothing is known", async () => {
    server.answer(json(404, fault(20404, "not found", 404)));
    expect(await sendersAt(server.url).sms.delivery("SM1")).toBeUndefined();
    for (const answer of [page(500), silence, json(400, fault(20001, "bad"))]) {
      server.answer(answer);
      expect(await rejectionOf(sendersAt(server.url).sms.delivery("SM1"))).toBeInstanceOf(SendUnavailable);
    }
  });

  test.each([
    ["a number that is none", 21211, "Invalid 'To' Phone Number"],
    ["a receiver who has opted out", 21610, "Attempt to send to unsubscribed recipient"],
    ["an unknown reason", 99999, "Something new"],
  ])("is refused for %s", async (_, code, message) => {
    server.answer(json(400, fault(code, message)));
    const err = await rejectionOf(sendersAt(server.url).sms.send(sms));
    expect(err).toBeInstanceOf(SendRefused);
    expect(err).toMatchObject({ message });
  });

  test.each([21212, 21603, 21606, 21659, 21660])(
    "is not to blame for the shop's number (%i)",
    async (code) => {
      server.answer(json(400, fault(code, "From is wrong")));
      expect(await rejectionOf(sendersAt(server.url).sms.send(sms))).toBeInstanceOf(SendUnavailable);
    },
  );

  test.each([
    ["an answer of another shape", json(201, { hello: "world" })],
    ["a page", page(201)],
  ])("is not sent for sure after %s", async (_, answer) => {
    server.answer(answer);
    expect(await rejectionOf(sendersAt(server.url).sms.send(sms))).toBeInstanceOf(SendUnavailable);
  });

  test.each([
    ["the same", {}, ["SM1"]],
    ["another text", { body: "Hi Bob" }, []],
    ["one of before", { date_created: "Sun, 01 Mar 2026 09:59:00 +0000" }, []],
    ["one without a time", { date_created: null }, []],
  ])("is looked for among those sent: %s", async (_, fields, want) => {
    const message = {
      sid: "SM1",
      body: sms.text,
      date_created: "Sun, 01 Mar 2026 10:00:00 +0000",
      ...fields,
    };
    server.answer(json(200, { messages: [message], page: 0, page_size: 50, next_page_uri: null }));
    const since = new Date("2026-03-01T10:00:00.700Z");
    expect(await sendersAt(server.url).sms.find({ ...sms, since })).toEqual(want);
    const query = new URL(server.seen[0]?.path ?? "", server.url).searchParams;
    expect(Object.fromEntries(query)).toEqual({ To: sms.to, From: phone, PageSize: "50" });
  });

  test.each([
    ["400", json(400, fault(20001, "bad filter"))],
    ["500", page(500)],
    ["silence", silence],
  ])("is not taken for unsent after %s", async (_, answer) => {
    server.answer(answer);
    const err = await rejectionOf(sendersAt(server.url).sms.find({ ...sms, since: new Date() }));
    expect(err).toBeInstanceOf(SendUnavailable);
  });
});

describe("against the sandbox", () => {
  let sandbox: Sandbox;
  let url: string;
  beforeAll(async () => {
    sandbox = createSandbox({ dataDir: ":memory:" });
    ({ url } = await sandbox.listen({ port: 0 }));
  });
  afterAll(() => sandbox?.[Symbol.asyncDispose]());

  test("an e-mail is taken", async () => {
    expect(await sendersAt(url, 5_000).email.send(mail)).not.toBe("");
  });

  test("a text message is taken and found again, another is not", async () => {
    const since = new Date();
    const twilio = sendersAt(url, 5_000).sms;
    expect(await twilio.find({ ...sms, since })).toEqual([]);
    const id = await twilio.send(sms);
    expect(id).toMatch(/^SM/);
    expect(await twilio.find({ ...sms, since })).toEqual([id]);
    expect(await twilio.find({ ...sms, text: "Hi Bob", since })).toEqual([]);
    const second = await twilio.send(sms);
    expect(await twilio.find({ ...sms, since })).toEqual([id, second]);
    expect(await twilio.delivery(id)).toMatchObject({ error: "" });
    expect(await twilio.delivery(`SM${"0".repeat(32)}`)).toBeUndefined();
  });

  test("a receiver who has opted out is a refusal", async () => {
    const err = await rejectionOf(sendersAt(url, 5_000).sms.send({ ...sms, to: "+15005550004" }));
    expect(err).toBeInstanceOf(SendRefused);
  });
});
