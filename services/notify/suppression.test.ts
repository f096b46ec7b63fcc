import { generateKeyPairSync, sign } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import {
  Channel,
  Message_State,
  StockEventKind,
  Suppression_Reason,
} from "../../gen/rowlock/notify/v1/notify_pb.js";
import { ContactSchema } from "../../gen/rowlock/type/v1/address_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { storedText } from "../../lib/testing/stored-text.ts";
import { notifySchema } from "./migrations/index.ts";
import { SendRefused, SendUnavailable } from "./send-errors.ts";
import { recordWords } from "./store-suppression.ts";
import type { Word } from "./suppression.ts";
import { news, notifyUnderTest, order, staff } from "./testing/notify.ts";
import { signTwilio } from "./testing/sign-twilio.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const secrets = {
  sendgridPublicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
  twilioAuthToken: "twilio-token",
  publicUrl: "https://shop.test",
};

let database: TestDatabase;
let under: ReturnType<typeof notifyUnderTest>;
let address: string;
let phone: string;
let people = 0;
beforeAll(async () => {
  database = await testDatabase(notifySchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(() => {
  under = notifyUnderTest(database.db, secrets);
  people += 1;
  address = `Ada${people}@example.com`;
  phone = `+1415555${1000 + people}`;
});

const gateway = as.service("gateway");
const body = (text: string) => create(HttpBodySchema, { data: Buffer.from(text) });
const tell = (eventKey = newId("ev")) =>
  under.client
    .notifyOrder(news({ eventKey, contact: create(ContactSchema, { email: address, phone }) }), order)
    .then(({ messages }) => messages);
const statesOf = async () => (await tell()).map(({ state, error }) => [Message_State[state], error]);
const mail = () => ({ to: address, subject: "Hello", text: "Hi" });
const suppressions = (of = address) =>
  under.client.listSuppressions({ address: of }, staff).then((answer) => answer.suppressions);

const seconds = (agoMs = 0) => Math.floor((under.now().getTime() - agoMs) / 1_000);
async function sendgrid(event: string, fields: object = {}): Promise<void> {
  const at = String(seconds());
  const text = JSON.stringify([
    { email: address.toLowerCase(), event, sg_event_id: newId("ev"), timestamp: seconds(), ...fields },
  ]);
  const signature = sign("sha256", Buffer.from(at + text), privateKey).toString("base64");
  const headers = {
    "x-twilio-email-event-webhook-signature": signature,
    "x-twilio-email-event-webhook-timestamp": at,
  };
  await under.client.receiveSendgridWebhook({ content: body(text) }, { headers });
}

/** Somebody writes to the shop; Twilio had it so long ago. */
async function text(Body: string, { agoMs = 0, ...fields }: { agoMs?: number; OptOutType?: string } = {}) {
  const sid = newId("SM");
  under.sms.received.set(sid, new Date(under.now().getTime() - agoMs));
  const form = { MessageSid: sid, SmsStatus: "received", From: phone, To: "+15005550006", Body, ...fields };
  const send = () => {
    const headers = {
      "x-twilio-signature": signTwilio("twilio-token", "https://shop.test/v1/webhooks/twilio", form),
    };
    return under.client.receiveTwilioWebhook(
      { content: body(String(new URLSearchParams(form))) },
      { headers },
    );
  };
  await send();
  return { again: send };
}

test.each<[string, string, object, string | undefined]>([
  ["bounces", "bounce", { type: "bounce", reason: "550 no such mailbox" }, "bounced"],
  ["bounces, as older events say it", "bounce", { reason: "550" }, "bounced"],
  ["is on SendGrid's list of bounces", "dropped", { reason: "Bounced Address" }, "bounced"],
  ["reports spam", "spamreport", {}, "complained"],
  ["is on SendGrid's list of complaints", "dropped", { reason: "Spam Reporting Address" }, "complained"],
  ["has a mailbox that refuses for now", "bounce", { type: "blocked" }, undefined],
  ["is too busy", "deferred", {}, undefined],
  ["was sent something strange", "dropped", { reason: "Invalid SMTPAPI header" }, undefined],
  ["is nobody", "bounce", { email: 7 }, undefined],
])("who %s", async (_, event, fields, why) => {
  await sendgrid(event, fields);
  expect(await statesOf()).toEqual([why === undefined ? ["SENT", ""] : ["SUPPRESSED", why], ["SENT", ""]]);
  expect(under.email.taken).toHaveLength(why === undefined ? 1 : 0);
  const found = await suppressions();
  expect(found).toHaveLength(why === undefined ? 0 : 1);
  if (why === undefined) return;
  expect(found[0]).toMatchObject({ channel: Channel.EMAIL, address: address.toLowerCase() });
  expect(found[0]?.id).toMatch(/^sup_/);
});

test("a suppressed message is told as such again, never sent, and an e-mail of the staff's own is refused", async () => {
  const eventKey = newId("ev");
  await sendgrid("bounce", { reason: "550 gone\nfor good" });
  const first = await tell(eventKey);
  expect(first[0]).toMatchObject({ state: Message_State.SUPPRESSED, providerId: "", error: "bounced" });
  expect(first[0]?.sendTime).toBeUndefined();
  under.later(24 * 3_600_000);
  expect(await tell(eventKey)).toEqual(first);
  const requestId = newId("req");
  for (const _ of "ab") {
    const failure = await failureOf(under.client.sendEmail({ ...mail(), requestId }, staff));
    expect(reasonOf(failure)).toBe("MESSAGE_SUPPRESSED");
    expect(errorInfo(failure)?.metadata).toEqual({ channel: "EMAIL", why: "bounced" });
  }
  expect(await suppressions()).toMatchObject([
    { reason: Suppression_Reason.BOUNCED, detail: "550 gone for good" },
  ]);
  expect(under.email.taken).toEqual([]);
});

test("who is suppressed while a message waits for its provider does not get it", async () => {
  const eventKey = newId("ev");
  under.email.next = () => Promise.reject(new SendUnavailable("503", { pending: false }));
  expect(reasonOf(await failureOf(tell(eventKey)))).toBe("PROVIDER_UNAVAILABLE");
  await sendgrid("spamreport");
  expect(await tell(eventKey)).toMatchObject([{ state: Message_State.SUPPRESSED, error: "complained" }, {}]);
  expect(under.email.taken).toEqual([]);
});

test.each<[string, { OptOutType?: string }, boolean]>([
  ["STOP", {}, true],
  [" stopall ", {}, true],
  ["Unsubscribe", {}, true],
  ["please do", { OptOutType: "STOP" }, true],
  ["STOP it", {}, false],
  ["HELP", {}, false],
  ["help", { OptOutType: "HELP" }, false],
])("after the answer %j %o", async (said, fields, stops) => {
  await text(said, fields);
  expect(await under.work()).toEqual([]);
  expect(await statesOf()).toEqual([["SENT", ""], stops ? ["SUPPRESSED", "opted_out"] : ["SENT", ""]]);
  expect(await storedText(database.db)).not.toMatch(/STOP it|please do/);
});

test("STOP and START count by their times, whatever comes first and however often", async () => {
  const stop = await text("STOP", { agoMs: 60_000 });
  await under.work();
  expect((await statesOf())[1]).toEqual(["SUPPRESSED", "opted_out"]);
  const start = await text("START", { agoMs: 30_000 });
  await under.work();
  for (const { again } of [stop, start, stop]) await again();
  const [event] = (await under.client.listWebhookEvents({ subject: phone }, staff)).events.slice(-1);
  await under.client.replayWebhookEvent({ eventId: event?.id ?? "" }, staff);
  await under.work();
  expect(await suppressions(phone)).toEqual([]);
  expect((await statesOf())[1]).toEqual(["SENT", ""]);
  // One that was on its way for long.
  await text("START", { agoMs: 5_000 });
  await text("STOP", { agoMs: 10_000 });
  await under.work();
  expect((await statesOf())[1]).toEqual(["SENT", ""]);
  await text("STOP", { agoMs: 1_000 });
  await under.work();
  expect(await suppressions(phone)).toMatchObject([{ address: phone, reason: Suppression_Reason.OPTED_OUT }]);
});

test.each([
  ["STOP, then START", ["STOP", "START"], [500, 1_500], false],
  ["START, then STOP", ["START", "STOP"], [500, 1_500], true],
  ["STOP, then START, seconds later", ["STOP", "START"], [3_000, 9_000], false],
  ["START held up, said after STOP or before", ["STOP", "START"], [500, 60_000], true],
  ["STOP held up, said after START or before", ["START", "STOP"], [500, 60_000], true],
])("of one second: %s", async (_what, words, arrivals, stopped) => {
  let passedMs = 0;
  for (const [i, word] of words.entries()) {
    const agoMs = arrivals[i] ?? 0;
    under.later(agoMs - passedMs);
    passedMs = agoMs;
    await text(word, { agoMs });
  }
  // In whatever order they are applied.
  await under.work();
  expect(await suppressions(phone)).toHaveLength(stopped ? 1 : 0);
});

test("a text that Twilio does not know says nothing; while Twilio is away it waits", async () => {
  await text("STOP");
  under.sms.received.clear();
  expect(await under.work()).toEqual([]);
  expect(await suppressions(phone)).toEqual([]);
  await text("STOP");
  const receiveTime = under.sms.receiveTime.bind(under.sms);
  under.sms.receiveTime = () => Promise.reject(new SendUnavailable("503", { pending: false }));
  expect(await under.work()).toHaveLength(1);
  under.sms.receiveTime = receiveTime;
  expect(await under.work()).toEqual([]);
  expect(await suppressions(phone)).toHaveLength(1);
});

test("a number that Twilio knows as unsubscribed is asked for once", async () => {
  under.sms.next = () => Promise.reject(new SendRefused("unsubscribed", { optedOut: true }));
  expect(reasonOf(await failureOf(tell()))).toBe("MESSAGE_REFUSED");
  expect((await statesOf())[1]).toEqual(["SUPPRESSED", "opted_out"]);
  under.later(1_000);
  await text("START");
  await under.work();
  expect((await statesOf())[1]).toEqual(["SENT", ""]);
});

test("staff lift a suppression, once per key; what was said before does not bring it back", async () => {
  await sendgrid("bounce");
  const [found] = await suppressions();
  under.later(60_000);
  const request = { suppressionId: found?.id ?? "", requestId: newId("req") };
  for (const _ of "ab") await under.client.deleteSuppression(request, staff);
  const other = under.client.deleteSuppression({ ...request, suppressionId: "sup_none" }, staff);
  expect(reasonOf(await failureOf(other))).toBe("REQUEST_ID_REUSED");
  await under.client.deleteSuppression({ suppressionId: "sup_none" }, staff);
  expect(await suppressions()).toEqual([]);
  await sendgrid("bounce", { timestamp: seconds(30_000) });
  expect((await statesOf())[0]).toEqual(["SENT", ""]);
  under.later(1_000);
  await sendgrid("bounce");
  expect((await statesOf())[0]).toEqual(["SUPPRESSED", "bounced"]);
});

test("of many words at once, in any order, the latest counts", async () => {
  const word = (n: number): Word => ({
    ...{ channel: "SMS", address: phone, reason: "OPTED_OUT", detail: "", active: n % 2 === 1 },
    saidTime: new Date(under.now().getTime() + n * 1_000),
  });
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  const shuffled = numbers.toSorted((a, b) => ((a * 7) % 20) - ((b * 7) % 20));
  await Promise.all(shuffled.map((n) => recordWords(database.db, [word(n), word((n * 3) % 20)])));
  expect(await suppressions(phone)).toMatchObject([{ address: phone }]);
  await recordWords(database.db, [word(20)]);
  expect(await suppressions(phone)).toEqual([]);
});

test("suppressions are listed by page, the latest first, for staff", async () => {
  await database.db.execute(sql`delete from suppression`);
  const earlier = Array.from({ length: 3 }, (_, n) => `page${n}-${address}`);
  for (const email of earlier) {
    await sendgrid("bounce", { email });
    under.later(1_000);
  }
  const first = await under.client.listSuppressions({ pageSize: 2 }, staff);
  expect(first.suppressions.map((each) => each.address)).toEqual([earlier[2], earlier[1]]);
  const { nextPageToken: pageToken } = first;
  const second = await under.client.listSuppressions({ pageSize: 1, pageToken }, staff);
  expect(second.suppressions[0]?.address).toBe(earlier[0]);
  const other = under.client.listSuppressions({ pageToken, address }, staff);
  expect(reasonOf(await failureOf(other))).toBe("PAGE_TOKEN_INVALID");
  const guest = as.guest("token");
  for (const call of [
    under.client.listSuppressions({}, guest),
    under.client.deleteSuppression({ suppressionId: "sup_1" }, guest),
    under.client.resendMessage({ messageId: "msg_1" }, guest),
  ]) {
    expect(reasonOf(await failureOf(call))).toBe("PERMISSION_DENIED");
  }
});

test("who was erased is still not written to, and nothing says who it was", async () => {
  const [email] = await tell();
  const about = { sg_message_id: `${email?.providerId}.filter0001`, message_id: email?.id };
  await sendgrid("bounce", { reason: `550 <${address}> is gone`, ...about });
  await text("STOP");
  await under.work();
  await under.client.eraseMessages({ recipients: [address, phone] }, as.service("customer"));
  const left = await storedText(database.db);
  expect(left.toLowerCase()).not.toContain(address.toLowerCase());
  expect(left).not.toContain(phone);
  expect((await statesOf()).map(([state]) => state)).toEqual(["SUPPRESSED", "SUPPRESSED"]);
  expect(await suppressions(address)).toMatchObject([{ address: "", detail: "" }]);
});

test("a buyer who wants no text messages gets none", async () => {
  const contact = create(ContactSchema, { email: address, phone, smsOptIn: false });
  const { messages } = await under.client.notifyOrder(news({ eventKey: newId("ev"), contact }), order);
  expect(messages.map(({ channel }) => channel)).toEqual([Channel.EMAIL]);
  expect(under.sms.taken).toEqual([]);
});

const back = (to = address) =>
  under.client
    .notifyStock(
      { eventKey: newId("ev"), kind: StockEventKind.BACK, email: to, items: [{ sku: "MUG", available: 3n }] },
      as.service("inventory"),
    )
    .then(({ messages }) => messages.map(({ state }) => Message_State[state]));

test("who gets notices stops them with one click; what is said of orders goes on", async () => {
  expect(await back()).toEqual(["SENT"]);
  const url = under.email.taken[0]?.unsubscribeUrl ?? "";
  const [, token = ""] = /^https:\/\/shop\.test\/v1\/unsubscribe\/([\w-]+)$/.exec(url) ?? [];
  expect(token).not.toBe("");
  const page = await under.client.getUnsubscribePage({ token });
  expect(page.contentType).toContain("text/html");
  expect(Buffer.from(page.data).toString()).toContain('<form method="post">');
  // Whoever only looks at it changes nothing.
  expect(await back()).toEqual(["SENT"]);
  const content = body("List-Unsubscribe=One-Click");
  for (const _ of "ab") {
    const done = await under.client.unsubscribe({ token, content });
    expect(Buffer.from(done.data).toString()).toContain("no more notices");
  }
  expect(await back()).toEqual(["SUPPRESSED"]);
  expect(await statesOf()).toEqual([
    ["SENT", ""],
    ["SENT", ""],
  ]);
  const [found] = await suppressions();
  expect(found).toMatchObject({ address, reason: Suppression_Reason.UNSUBSCRIBED });
  await under.client.deleteSuppression({ suppressionId: found?.id ?? "" }, staff);
  expect(await back()).toEqual(["SENT"]);
});

test.each([
  ["de-AT", "de", "Keine Nachrichten", "abbestellen"],
  ["fr", "en", "No more notices", "Stop these notices"],
])("who reads %s is asked in %s", async (language, spoken, title, button) => {
  await under.client.notifyStock(
    {
      ...{ eventKey: newId("ev"), kind: StockEventKind.BACK, email: address, language },
      items: [{ sku: "MUG", available: 3n }],
    },
    as.service("inventory"),
  );
  const url = new URL(under.email.taken[0]?.unsubscribeUrl ?? "");
  expect(url.searchParams.get("language")).toBe(language);
  const token = url.pathname.split("/").at(-1) ?? "";
  const asked = Buffer.from((await under.client.getUnsubscribePage({ token, language })).data).toString();
  for (const part of [`lang="${spoken}"`, title, button, "Rowlock"]) expect(asked).toContain(part);
  const { data } = await under.client.unsubscribe({ token, language });
  expect(Buffer.from(data).toString()).not.toMatch(/<form|undefined|\[\[|\{[{%]/);
});

test.each(["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00"])(
  "the link %s is none",
  async (token) => {
    expect(reasonOf(await failureOf(under.client.getUnsubscribePage({ token })))).toBe(
      "UNSUBSCRIBE_TOKEN_INVALID",
    );
    expect(reasonOf(await failureOf(under.client.unsubscribe({ token })))).toBe("UNSUBSCRIBE_TOKEN_INVALID");
  },
);

test("what staff are told, and e-mails about orders, have no such link", async () => {
  await under.client.sendEmail(mail(), gateway);
  await tell();
  expect(under.email.taken.map(({ unsubscribeUrl }) => unsubscribeUrl)).toEqual([undefined, undefined]);
});
