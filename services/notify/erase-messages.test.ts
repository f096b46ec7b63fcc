import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import { Channel, Message_State } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { ContactSchema } from "../../gen/rowlock/type/v1/address_pb.js";
import { sha256Hex } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { storedText } from "../../lib/testing/stored-text.ts";
import { notifySchema } from "./migrations/index.ts";
import { news, notifyUnderTest, order, orderSummary, staff } from "./testing/notify.ts";
import { signTwilio } from "./testing/sign-twilio.ts";

const twilioAuthToken = "twilio-token";
const secrets = { sendgridPublicKey: "", twilioAuthToken, publicUrl: "https://shop.test" };
const statements: string[] = [];
let database: TestDatabase;
let under: ReturnType<typeof notifyUnderTest>;
beforeAll(async () => {
  database = await testDatabase(notifySchema, { onStatement: (text) => statements.push(text) });
  under = notifyUnderTest(database.db, secrets);
});
afterAll(() => database?.[Symbol.asyncDispose]());

const erase = () => under.client.eraseMessages({ orderIds: ["ord_1", "ord_none"] }, as.service("customer"));
const gateway = as.service("gateway");
/** An e-mail of an account. */
const link = (to: string) => ({
  to,
  subject: `Confirm ${to}`,
  text: "…",
  requestId: `account-${sha256Hex(to)}`,
});

/** Twilio tells that the text has arrived. */
async function delivered(sid: string): Promise<void> {
  const fields = { MessageSid: sid, MessageStatus: "delivered", To: "+14155550123" };
  const signature = signTwilio(twilioAuthToken, "https://shop.test/v1/webhooks/twilio", fields);
  const content = create(HttpBodySchema, { data: Buffer.from(new URLSearchParams(fields).toString()) });
  await under.client.receiveTwilioWebhook({ content }, { headers: { "x-twilio-signature": signature } });
  await under.work();
}

test("blots out who was written to, and what was told of it; again changes nothing", async () => {
  const { messages } = await under.client.notifyOrder(news({ eventKey: "ord_1:fulfilled" }), order);
  await delivered(messages.find(({ channel }) => channel === Channel.SMS)?.providerId ?? "");
  const mine = await under.client.sendEmail(link("ada@example.com"), gateway);
  const others = await under.client.sendEmail(link("grace@example.com"), gateway);
  const next = news({
    eventKey: "ord_2:fulfilled",
    contact: create(ContactSchema, { email: "grace@example.com" }),
    order: orderSummary({ orderId: "ord_2" }),
  });
  const [other] = (await under.client.notifyOrder(next, order)).messages;
  const personal = /ada@example\.com|\+14155550123/;
  expect(await storedText(database.db)).toMatch(personal);
  expect((await under.client.listWebhookEvents({}, staff)).events).toHaveLength(1);

  await erase();
  const left = await storedText(database.db);
  expect(left).not.toMatch(personal);
  expect((await under.client.listWebhookEvents({}, staff)).events).toEqual([]);
  const erased = (await under.client.listMessages({ orderId: "ord_1" }, staff)).messages;
  expect(erased.map(({ to, subject }) => [to, subject])).toEqual([
    ["", ""],
    ["", ""],
  ]);
  expect(new Set(erased.map(({ state }) => state))).toEqual(
    new Set([Message_State.SENT, Message_State.DELIVERED]),
  );
  expect(await under.client.getMessage({ messageId: mine.id }, staff)).toEqual({
    ...mine,
    to: "",
    subject: "",
  });
  for (const message of [others, other]) {
    expect(await under.client.getMessage({ messageId: message?.id ?? "" }, staff)).toEqual(message);
  }
  statements.length = 0;
  await erase();
  expect(statements).toHaveLength(3);
  expect(await storedText(database.db)).toBe(left);
});

test("what was sent is not sent again by a call that is repeated", async () => {
  const sent = under.email.taken.length;
  await under.client.notifyOrder(news({ eventKey: "ord_1:fulfilled" }), order);
  expect(await under.client.sendEmail(link("ada@example.com"), gateway)).toMatchObject({
    to: "",
    subject: "",
  });
  expect(under.email.taken).toHaveLength(sent);
});

test("blots out all that went to a recipient, in whatever case", async () => {
  const mine = await under.client.sendEmail(link("Alan@example.com"), gateway);
  await under.client.eraseMessages({ recipients: ["alan@EXAMPLE.com"] }, as.service("customer"));
  expect((await under.client.getMessage({ messageId: mine.id }, staff)).to).toBe("");
});
