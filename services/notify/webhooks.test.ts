import { generateKeyPairSync, sign } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import { Channel, Message_State } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { WebhookEvent_State } from "../../gen/rowlock/type/v1/webhook_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { leaseMs } from "./message.ts";
import { notifySchema } from "./migrations/index.ts";
import { SendUnavailable } from "./send-errors.ts";
import { readSendgridKey } from "./sendgrid-webhook.ts";
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
let eventKey: string;

beforeAll(async () => {
  database = await testDatabase(notifySchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await database.db.execute(sql`delete from webhook_event`);
  await database.db.execute(sql`delete from suppression`);
  under = notifyUnderTest(database.db, secrets);
  eventKey = `${newId("ord")}:fulfilled`;
});

const tell = () => under.client.notifyOrder(news({ eventKey }), order).then(({ messages }) => messages);
const reasonFrom = (call: Promise<unknown>) => call.then(() => "none", reasonOf);
const content = (body: string) => create(HttpBodySchema, { data: Buffer.from(body) });
const inbox = () =>
  under.client
    .listWebhookEvents({}, staff)
    .then(({ events }) =>
      events.map(({ type, subject, state, deliveries }) => ({ type, subject, state, deliveries })),
    );
/** The message of the event on a channel. */
async function present(channel: Channel) {
  const { messages } = await under.client.listMessages({}, staff);
  const message = messages.find((each) => each.eventKey === eventKey && each.channel === channel);
  if (message === undefined) throw new Error("there is no such message");
  return message;
}

const seconds = (ms = 0) => String(Math.floor((under.now().getTime() + ms) / 1000));
function sendgrid(body: string, { at = seconds(), signed = body }: { at?: string; signed?: string } = {}) {
  const headers = {
    "x-twilio-email-event-webhook-signature": sign("sha256", Buffer.from(at + signed), privateKey).toString(
      "base64",
    ),
    "x-twilio-email-event-webhook-timestamp": at,
  };
  return under.client.receiveSendgridWebhook({ content: content(body) }, { headers });
}
const sendgridEvent = (event: string, messageId: string, fields: object = {}) => ({
  email: "ada@example.com",
  event,
  sg_event_id: newId("ev"),
  sg_message_id: "mail_1.filter0001.16648.5515E0B88.0",
  message_id: messageId,
  ...fields,
});

function twilio(fields: Record<string, string>, { url = "https://shop.test/v1/webhooks/twilio" } = {}) {
  const headers = { "x-twilio-signature": signTwilio("twilio-token", url, fields) };
  const body = new URLSearchParams(fields).toString();
  return under.client.receiveTwilioWebhook({ content: content(body) }, { headers });
}

describe("an e-mail", () => {
  test.each<[string, object, Message_State, string]>([
    ["processed", {}, Message_State.SENT, ""],
    ["deferred", { reason: "mailbox busy" }, Message_State.SENT, ""],
    ["delivered", {}, Message_State.DELIVERED, ""],
    ["open", {}, Message_State.DELIVERED, ""],
    ["bounce", { reason: "550 no such\nmailbox" }, Message_State.UNDELIVERED, "550 no such mailbox"],
    ["dropped", {}, Message_State.UNDELIVERED, "dropped"],
    ["unsubscribe", {}, Message_State.SENT, ""],
  ])("that SendGrid says was %s", async (event, fields, state, error) => {
    const [email] = await tell();
    await sendgrid(JSON.stringify([sendgridEvent(event, email?.id ?? "", fields)]));
    expect(await under.work()).toEqual([]);
    expect(await present(Channel.EMAIL)).toMatchObject({ state, error, providerId: "mail_1" });
    expect(await inbox()).toMatchObject([
      { type: event, subject: "mail_1", state: WebhookEvent_State.APPLIED },
    ]);
    expect(await tell()).toMatchObject([{ state }, { state: Message_State.SENT }]);
    expect(under.email.taken).toHaveLength(1);
  });

  test("that is told of several times in one message: the final word counts, and no job is needed", async () => {
    const [email] = await tell();
    const told = ["processed", "delivered", "deferred"].map((event) => sendgridEvent(event, email?.id ?? ""));
    await sendgrid(JSON.stringify([...told, sendgridEvent("bounce", "msg_of_another_shop")]));
    expect((await present(Channel.EMAIL)).state).toBe(Message_State.DELIVERED);
    expect(await inbox()).toMatchObject(Array(4).fill({ state: WebhookEvent_State.APPLIED }));
    expect(under.waiting()).toBe(0);
  });

  test("never moves backwards, in whatever order the events come", async () => {
    const [email] = await tell();
    const id = email?.id ?? "";
    for (const event of ["delivered", "processed", "bounce"]) {
      await sendgrid(JSON.stringify([sendgridEvent(event, id)]));
      await under.work();
    }
    expect((await present(Channel.EMAIL)).state).toBe(Message_State.DELIVERED);
  });

  test("whose sender died is not sent again when SendGrid tells of it in time", async () => {
    under.email.next = () => Promise.reject(new SendUnavailable("cut off", { pending: true }));
    expect(await reasonFrom(tell())).toBe("PROVIDER_UNAVAILABLE");
    const { id } = await present(Channel.EMAIL);
    await sendgrid(JSON.stringify([sendgridEvent("processed", id)]));
    await under.work();
    under.later(leaseMs(under.email));
    const [email] = await tell();
    expect(email).toMatchObject({ id, state: Message_State.SENT, providerId: "mail_1" });
    expect(under.email.taken).toEqual([]);
  });

  test("may be told of before its sender has its answer", async () => {
    under.email.next = async () => {
      const { id } = await present(Channel.EMAIL);
      await sendgrid(JSON.stringify([sendgridEvent("delivered", id)]));
      await under.work();
      return "mail_1";
    };
    expect(await tell()).toMatchObject([{ state: Message_State.DELIVERED, providerId: "mail_1" }, {}]);
    expect(under.logged.filter(({ level }) => level >= 50)).toEqual([]);
  });

  test("that went out twice is logged", async () => {
    under.email.next = async () => {
      const { id } = await present(Channel.EMAIL);
      await sendgrid(JSON.stringify([sendgridEvent("processed", id)]));
      await under.work();
      return "mail_2";
    };
    expect(await tell()).toMatchObject([{ providerId: "mail_1" }, {}]);
    expect(under.logged.filter(({ level }) => level >= 50)).toHaveLength(1);
  });

  test("each event of a message is kept by itself, once", async () => {
    const [email] = await tell();
    const events = ["processed", "delivered"].map((event) => sendgridEvent(event, email?.id ?? ""));
    await sendgrid(JSON.stringify([...events, events[0]]));
    await sendgrid(JSON.stringify(events));
    const kept = (await inbox()).map(({ type, deliveries }) => `${deliveries} x ${type}`);
    expect(kept.toSorted((a, b) => a.localeCompare(b))).toEqual(["2 x delivered", "3 x processed"]);
    expect(await under.work()).toEqual([]);
    expect((await present(Channel.EMAIL)).state).toBe(Message_State.DELIVERED);
  });

  test.each([
    ["of nobody", { message_id: undefined }],
    ["of somebody else on the account", { message_id: "7" }],
    ["without an id at SendGrid", { message_id: undefined, sg_message_id: undefined }],
  ])("%s changes nothing", async (_, fields) => {
    await sendgrid(JSON.stringify([sendgridEvent("delivered", "", fields)]));
    expect(await under.work()).toEqual([]);
    expect(await inbox()).toMatchObject([{ state: WebhookEvent_State.APPLIED }]);
  });

  test.each([
    ["no JSON", "event=delivered"],
    ["no list", "{}"],
    ["a list of no events", "[1]"],
    ["an event without an id", '[{"event":"delivered"}]'],
    ["an event without a type", '[{"sg_event_id":"x"}]'],
  ])("a message with %s is refused and not kept", async (_, body) => {
    const failure: unknown = await sendgrid(body).catch((err: unknown) => err);
    expect(reasonOf(failure)).toBe("WEBHOOK_MALFORMED");
    expect(errorInfo(failure)?.metadata["provider"]).toBe("sendgrid");
    expect(await inbox()).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["signed over something else", () => sendgrid("[]", { signed: "[ ]" })],
    ["signed six minutes ago", () => sendgrid("[]", { at: seconds(-6 * 60_000) })],
    ["signed in six minutes", () => sendgrid("[]", { at: seconds(6 * 60_000) })],
    ["signed at no time", () => sendgrid("[]", { at: "now" })],
    ["not signed", () => under.client.receiveSendgridWebhook({ content: content("[]") })],
  ])("a message %s is refused", async (_, call) => {
    expect(await reasonFrom(call())).toBe("WEBHOOK_SIGNATURE_INVALID");
  });

  test("a message signed four minutes ago is taken", async () => {
    expect(await reasonFrom(sendgrid("[]", { at: seconds(-4 * 60_000) }))).toBe("none");
  });
});

describe("a text message", () => {
  const fields = (status: string) => ({
    MessageSid: under.sms.idOf(1),
    MessageStatus: status,
    To: "+14155550123",
    AccountSid: "AC1",
  });

  test.each([
    ["DELIVERED", "", Message_State.DELIVERED],
    ["UNDELIVERED", "undelivered: 30003", Message_State.UNDELIVERED],
    ["SENT", "", Message_State.SENT],
  ] as const)("becomes what Twilio says when asked: %s", async (state, error, want) => {
    await tell();
    under.sms.deliveries.set(under.sms.idOf(1), { state, error });
    await twilio(fields("sent"));
    await twilio(fields("sent"));
    expect(await under.work()).toEqual([]);
    expect(await present(Channel.SMS)).toMatchObject({ state: want, error });
    expect(await inbox()).toEqual([
      { type: "message.sent", subject: under.sms.idOf(1), state: WebhookEvent_State.APPLIED, deliveries: 2 },
    ]);
  });

  test("that is not recorded yet is waited for", async () => {
    under.sms.deliveries.set(under.sms.idOf(1), { state: "DELIVERED", error: "" });
    await twilio(fields("delivered"));
    expect(await under.work()).toHaveLength(1);
    await tell();
    expect(await under.work()).toEqual([]);
    expect((await present(Channel.SMS)).state).toBe(Message_State.DELIVERED);
  });

  test("of somebody else on the account is given up after some attempts", async () => {
    under.sms.deliveries.set(under.sms.idOf(1), { state: "DELIVERED", error: "" });
    await twilio(fields("delivered"));
    for (let i = 0; i < 5; i++) expect(await under.work()).toHaveLength(1);
    expect(await under.work()).toEqual([]);
    expect(await inbox()).toMatchObject([{ state: WebhookEvent_State.APPLIED }]);
  });

  test("that Twilio does not know changes nothing", async () => {
    await twilio(fields("delivered"));
    expect(await under.work()).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      "for another address",
      () => twilio(fields("sent"), { url: "https://eve.test/v1/webhooks/twilio" }),
      "WEBHOOK_SIGNATURE_INVALID",
    ],
    [
      "that is not signed",
      () => under.client.receiveTwilioWebhook({ content: content("MessageSid=SM1") }),
      "WEBHOOK_SIGNATURE_INVALID",
    ],
    ["about no message", () => twilio({ MessageStatus: "sent" }), "WEBHOOK_MALFORMED"],
    ["without a status", () => twilio({ MessageSid: "SM1" }), "WEBHOOK_MALFORMED"],
  ])("a message %s is refused", async (_, call, reason) => {
    const failure: unknown = await call().catch((err: unknown) => err);
    expect(reasonOf(failure)).toBe(reason);
    expect(errorInfo(failure)?.metadata["provider"]).toBe("twilio");
    expect(await inbox()).toEqual([]);
  });
});

test("without secrets nobody is believed", async () => {
  const open = notifyUnderTest(database.db);
  const headers = {
    "x-twilio-email-event-webhook-signature": "",
    "x-twilio-email-event-webhook-timestamp": seconds(),
    "x-twilio-signature": signTwilio("", "/v1/webhooks/twilio", {}),
  };
  const request = { content: content("[]") };
  expect(await reasonFrom(open.client.receiveSendgridWebhook(request, { headers }))).toBe(
    "WEBHOOK_SIGNATURE_INVALID",
  );
  expect(await reasonFrom(open.client.receiveTwilioWebhook(request, { headers }))).toBe(
    "WEBHOOK_SIGNATURE_INVALID",
  );
});

test("a verification key that is none is a fault at the start", () => {
  expect(() => readSendgridKey("bm8ga2V5")).toThrow(TypeError);
});

test("an event is replayed, once per request_id, and the inbox is for staff", async () => {
  const [email] = await tell();
  await sendgrid(JSON.stringify([sendgridEvent("delivered", email?.id ?? "")]));
  await under.work();
  const [event] = (await under.client.listWebhookEvents({}, staff)).events;
  const request = { eventId: event?.id ?? "", requestId: newId("req") };
  const replayed = await under.client.replayWebhookEvent(request, staff);
  expect(replayed).toMatchObject({ state: WebhookEvent_State.RECEIVED, attempts: 0 });
  await under.work();
  expect(await under.client.replayWebhookEvent(request, staff)).toEqual(replayed);
  expect(await inbox()).toMatchObject([{ state: WebhookEvent_State.APPLIED }]);
  expect(await reasonFrom(under.client.replayWebhookEvent({ eventId: "whe_none" }, staff))).toBe(
    "WEBHOOK_EVENT_NOT_FOUND",
  );
  const guest = as.guest("token");
  expect(await reasonFrom(under.client.listWebhookEvents({}, guest))).toBe("PERMISSION_DENIED");
  expect(await reasonFrom(under.client.replayWebhookEvent(request, guest))).toBe("PERMISSION_DENIED");
});
