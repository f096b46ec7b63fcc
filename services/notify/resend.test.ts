import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  Channel,
  type Message,
  Message_State,
  StockEventKind,
} from "../../gen/rowlock/notify/v1/notify_pb.js";
import { ContactSchema } from "../../gen/rowlock/type/v1/address_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { leaseMs } from "./message.ts";
import { notifySchema } from "./migrations/index.ts";
import { SendRefused, SendUnavailable } from "./send-errors.ts";
import { recordWords } from "./store-suppression.ts";
import { sweepMessages } from "./sweep.ts";
import { news, notifyUnderTest, order, staff } from "./testing/notify.ts";

let database: TestDatabase;
let under: ReturnType<typeof notifyUnderTest>;
let eventKey: string;
let address: string;
beforeAll(async () => {
  database = await testDatabase(notifySchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const table of [sql`message`, sql`source`]) await database.db.execute(sql`delete from ${table}`);
  under = notifyUnderTest(database.db, undefined, ["ada@shop.example"]);
  eventKey = `${newId("ord")}:fulfilled`;
  address = `${newId("ada")}@example.com`;
});

const hour = 3_600_000;
const contact = () => create(ContactSchema, { email: address });
const request = () => news({ eventKey, contact: contact() });
const tell = () => under.client.notifyOrder(request(), order).then(({ messages }) => messages[0] as Message);
const resend = (messageId: string, requestId = "") =>
  under.client.resendMessage({ messageId, requestId }, staff);
const away = () => Promise.reject(new SendUnavailable("SendGrid answered 503", { pending: false }));
const log = { error: (fields: object) => void given.push(fields) };
const given: object[] = [];
const sweep = () => sweepMessages({ db: database.db, clock: under.now, log: log as never });
const inState = (state: Message_State) =>
  under.client.listMessages({ state }, staff).then(({ messages }) => messages.map(({ id }) => id));

/** The message that could not be sent. */
async function unsent(): Promise<Message> {
  under.email.next = away;
  await failureOf(tell());
  const { messages } = await under.client.listMessages({ state: Message_State.PENDING }, staff);
  const message = messages.find((each) => each.eventKey === eventKey);
  if (message === undefined) throw new Error("there is none");
  return message;
}

test("what could not be sent for twelve hours is given up, and listed; staff send it as the message that it is", async () => {
  const { id, error } = await unsent();
  expect(error).toBe("SendGrid answered 503");
  under.later(12 * hour - 1_000);
  expect(await sweep()).toBe(0);
  under.later(2_000);
  expect(await sweep()).toBe(1);
  expect(given).toEqual([{ message_id: id }]);
  expect(await inState(Message_State.FAILED)).toEqual([id]);
  under.email.next = away;
  expect(reasonOf(await failureOf(resend(id)))).toBe("PROVIDER_UNAVAILABLE");
  expect(await sweep()).toBe(1);
  const sent = await resend(id, newId("req"));
  expect(sent).toMatchObject({ id, state: Message_State.SENT, eventKey, error: "", resendOf: "" });
  expect(under.email.taken).toMatchObject([{ to: address, subject: "Your order is on its way (ord_1)" }]);
  expect(await inState(Message_State.FAILED)).toEqual([]);
  expect(await inState(Message_State.SENT)).toEqual([id]);
});

test("a job that comes late sends what was given up, too", async () => {
  const { id } = await unsent();
  under.later(13 * hour);
  await sweep();
  expect(await tell()).toMatchObject({ id, state: Message_State.SENT });
});

test("what is being sent is not given up", async () => {
  under.email.next = () => Promise.reject(new SendUnavailable("cut off", { pending: true }));
  await failureOf(tell());
  await database.db.execute(
    sql`update message set create_time = ${new Date(under.now().getTime() - 13 * hour)}`,
  );
  expect(await sweep()).toBe(0);
  under.later(leaseMs(under.email));
  expect(await sweep()).toBe(1);
});

test("of staff and jobs that send what was given up at once, one does", async () => {
  const { id } = await unsent();
  under.later(13 * hour);
  await Promise.all([sweep(), sweep()]);
  const calls = [...Array.from({ length: 6 }, () => resend(id)), ...Array.from({ length: 6 }, tell)];
  for (const message of await Promise.all(calls))
    expect(message).toMatchObject({ id, state: Message_State.SENT });
  expect(under.email.taken).toHaveLength(1);
});

test("what went out goes out again as a message of its own, once per key", async () => {
  const first = await tell();
  const requestId = newId("req");
  const answers = await Promise.all(Array.from({ length: 6 }, () => resend(first.id, requestId)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({
    state: Message_State.SENT,
    to: address,
    orderId: "ord_1",
    resendOf: first.id,
  });
  expect(under.email.taken).toHaveLength(2);
  await resend(answers[0]?.id ?? "");
  expect(under.email.taken).toHaveLength(3);
  const other = await failureOf(resend(answers[0]?.id ?? "", requestId));
  expect(reasonOf(other)).toBe("REQUEST_ID_REUSED");
  expect(await under.client.getMessage({ messageId: first.id }, staff)).toEqual(first);
});

test("of an order's two messages only the one that is meant goes out again", async () => {
  const both = create(ContactSchema, { email: address, phone: "+14155550123" });
  const { messages } = await under.client.notifyOrder(news({ eventKey, contact: both }), order);
  const text = messages.find(({ channel }) => channel === Channel.SMS);
  expect(await resend(text?.id ?? "")).toMatchObject({ channel: Channel.SMS, to: "+14155550123" });
  expect([under.email.taken.length, under.sms.taken.length]).toEqual([1, 2]);
});

test("what was refused or suppressed can be sent again once that is over", async () => {
  under.email.next = () => Promise.reject(new SendRefused("too large"));
  await failureOf(tell());
  const [refused = ""] = await inState(Message_State.REFUSED);
  const word = { channel: "EMAIL", address, reason: "BOUNCED", detail: "", saidTime: under.now() } as const;
  await recordWords(database.db, [{ ...word, active: true }]);
  const failure = await failureOf(resend(refused));
  expect(reasonOf(failure)).toBe("MESSAGE_SUPPRESSED");
  expect(errorInfo(failure)?.metadata).toEqual({ channel: "EMAIL", why: "bounced" });
  const [suppressed = ""] = await inState(Message_State.SUPPRESSED);
  await recordWords(database.db, [
    { ...word, active: false, saidTime: new Date(under.now().getTime() + 1_000) },
  ]);
  expect(await resend(suppressed)).toMatchObject({ state: Message_State.SENT, resendOf: suppressed });
  expect(await resend(refused)).toMatchObject({ state: Message_State.SENT, resendOf: refused });
});

test("news of stock goes out again to who had it", async () => {
  const low = { eventKey, kind: StockEventKind.LOW, items: [{ sku: "MUG", available: 1n, threshold: 5n }] };
  const [message] = (await under.client.notifyStock(low, as.service("inventory"))).messages;
  await resend(message?.id ?? "");
  expect(under.email.taken.map(({ to, subject }) => [to, subject])).toEqual(
    Array(2).fill(["ada@shop.example", "Low stock: MUG"]),
  );
});

test.each<[string, () => Promise<string>, string]>([
  [
    "an e-mail of the staff's own",
    async () => (await under.client.sendEmail({ to: address, subject: "Hello", text: "Hi" }, staff)).id,
    "what it said is not kept",
  ],
  [
    "what is old news",
    async () => {
      const { id } = await unsent();
      await under.client.notifyOrder({ ...request(), withdraw: true }, order);
      return id;
    },
    "it is old news",
  ],
  [
    "news of 31 days ago",
    async () => {
      const { id } = await tell();
      under.later(31 * 24 * hour);
      expect(await sweep()).toBe(1);
      return id;
    },
    "what it said is not kept",
  ],
  [
    "what went to somebody who was erased",
    async () => {
      const { id } = await tell();
      await under.client.eraseMessages({ orderIds: ["ord_1"] }, as.service("customer"));
      return id;
    },
    "what it said is not kept",
  ],
])("%s is not sent again", async (_, make, why) => {
  const id = await make();
  const sent = under.email.taken.length;
  const failure = await failureOf(resend(id));
  expect(reasonOf(failure)).toBe("MESSAGE_NOT_RESENDABLE");
  expect(errorInfo(failure)?.metadata).toEqual({ message_id: id, why });
  expect(under.email.taken).toHaveLength(sent);
});

test("a message that does not exist is not found", async () => {
  expect(reasonOf(await failureOf(resend("msg_none")))).toBe("MESSAGE_NOT_FOUND");
});

test("a list is of one state, and its pages, too", async () => {
  for (let i = 0; i < 3; i++) {
    eventKey = newId("ev");
    await tell();
    under.later(1_000);
  }
  eventKey = newId("ev");
  await unsent();
  const first = await under.client.listMessages({ state: Message_State.SENT, pageSize: 2 }, staff);
  const { nextPageToken: pageToken } = first;
  const second = await under.client.listMessages(
    { state: Message_State.SENT, pageSize: 2, pageToken },
    staff,
  );
  expect([first.messages.length, second.messages.length, second.nextPageToken]).toEqual([2, 1, ""]);
  const other = under.client.listMessages({ state: Message_State.PENDING, pageToken }, staff);
  expect(reasonOf(await failureOf(other))).toBe("PAGE_TOKEN_INVALID");
});
