import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Channel, Message_State } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { notifySchema } from "./migrations/index.ts";
import { SendRefused, SendUnavailable } from "./send-errors.ts";
import { news, notifyUnderTest, order, staff } from "./testing/notify.ts";

const statements: string[] = [];
let database: TestDatabase;
let under: ReturnType<typeof notifyUnderTest>;
let requestId: string;

beforeAll(async () => {
  database = await testDatabase(notifySchema, { onStatement: (text) => statements.push(text) });
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(() => {
  under = notifyUnderTest(database.db);
  requestId = newId("req");
  statements.length = 0;
});

const mail = { to: "ada@example.com", subject: "Hello", text: "Hi Ada", html: "<p>Hi Ada</p>" };
const text = { to: "+14155550123", text: "Hi Ada" };
const reasonFrom = (call: Promise<unknown>) => call.then(() => "none", reasonOf);

test("an e-mail is sent as it is written", async () => {
  const sent = await under.client.sendEmail({ ...mail, from: "team@example.com", requestId }, staff);
  expect(sent).toMatchObject({
    channel: Channel.EMAIL,
    state: Message_State.SENT,
    to: mail.to,
    subject: "Hello",
    providerId: "mail_1",
    orderId: "",
  });
  expect(sent.sendTime).toBeDefined();
  expect(under.email.taken).toEqual([{ ...mail, from: "team@example.com", messageId: sent.id }]);
});

test("a text message is sent as it is written, in two statements, and two more with a key", async () => {
  const sent = await under.client.sendSms({ ...text, requestId }, staff);
  expect(statements).toHaveLength(4);
  expect(sent).toMatchObject({ channel: Channel.SMS, state: Message_State.SENT, to: text.to, subject: "" });
  expect(under.sms.taken).toEqual([text]);
  statements.length = 0;
  await under.client.sendSms(text, staff);
  expect(statements).toHaveLength(2);
});

describe.each<
  [string, (fields: { requestId?: string; text?: string }, who?: typeof staff) => Promise<{ id: string }>]
>([
  ["SendEmail", (fields, who = staff) => under.client.sendEmail({ ...mail, ...fields }, who)],
  ["SendSms", (fields, who = staff) => under.client.sendSms({ ...text, ...fields }, who)],
])("%s", (name, send) => {
  const provider = () => (name === "SendEmail" ? under.email : under.sms);

  test("with the same key sends once, also at once", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => send({ requestId })));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    under.later(1000);
    expect(await send({ requestId })).toEqual(answers[0]);
    expect(provider().taken).toHaveLength(1);
  });

  test("with the same key and another content is refused", async () => {
    await send({ requestId });
    const failure: unknown = await send({ requestId, text: "Something else" }).catch((err: unknown) => err);
    expect(reasonOf(failure)).toBe("REQUEST_ID_REUSED");
    expect(errorInfo(failure)?.metadata).toEqual({ request_id: requestId });
    expect(provider().taken).toHaveLength(1);
  });

  test("keeps the keys of different callers apart", async () => {
    await send({ requestId });
    await send({ requestId, text: "Something else" }, as.staffWith({ id: "other" }));
    expect(provider().taken).toHaveLength(2);
  });

  test("without a key sends each time", async () => {
    await send({});
    await send({});
    expect(provider().taken).toHaveLength(2);
  });

  test("can be repeated after an outage", async () => {
    provider().next = () => Promise.reject(new SendUnavailable("503", { pending: false }));
    expect(await reasonFrom(send({ requestId }))).toBe("PROVIDER_UNAVAILABLE");
    expect(await reasonFrom(send({ requestId, text: "Something else" }))).toBe("REQUEST_ID_REUSED");
    expect(await reasonFrom(send({ requestId }))).toBe("none");
    expect(provider().taken).toHaveLength(1);
  });

  test("tells a refusal, and tells it again", async () => {
    provider().next = () => Promise.reject(new SendRefused("not today"));
    expect(await reasonFrom(send({ requestId }))).toBe("MESSAGE_REFUSED");
    expect(await reasonFrom(send({ requestId }))).toBe("MESSAGE_REFUSED");
    expect(provider().taken).toHaveLength(0);
  });
});

test.each([
  ["no recipient", () => under.client.sendEmail({ ...mail, to: "nobody" }, staff)],
  ["a sender that is no address", () => under.client.sendEmail({ ...mail, from: "nobody" }, staff)],
  ["no subject", () => under.client.sendEmail({ ...mail, subject: "" }, staff)],
  ["a phone number without its country", () => under.client.sendSms({ ...text, to: "4155550123" }, staff)],
  ["an empty text", () => under.client.sendSms({ ...text, text: "" }, staff)],
])("%s is an invalid argument", async (_, call) => {
  expect(await reasonFrom(call())).toBe("INVALID_ARGUMENT");
  expect(statements).toEqual([]);
});

test("guests send nothing", async () => {
  const guest = as.guest("token");
  expect(await reasonFrom(under.client.sendEmail(mail, guest))).toBe("PERMISSION_DENIED");
  expect(await reasonFrom(under.client.sendSms(text, guest))).toBe("PERMISSION_DENIED");
});

test("a message that does not exist is not found, by one statement", async () => {
  expect(await reasonFrom(under.client.getMessage({ messageId: "msg_none" }, staff))).toBe(
    "MESSAGE_NOT_FOUND",
  );
  expect(statements).toHaveLength(1);
});

test("messages are listed by page, the newest first, also of one order", async () => {
  const request = news({ eventKey: newId("ev") });
  const orderId = newId("ord");
  if (request.order !== undefined) request.order.orderId = orderId;
  under.later(1000);
  await under.client.notifyOrder(request, order);
  under.later(1000);
  await under.client.notifyOrder({ ...request, eventKey: newId("ev") }, order);
  under.later(1000);
  await under.client.sendSms(text, staff);
  statements.length = 0;
  const first = await under.client.listMessages({ orderId, pageSize: 3 }, staff);
  expect(statements).toHaveLength(1);
  const second = await under.client.listMessages(
    { orderId, pageSize: 3, pageToken: first.nextPageToken },
    staff,
  );
  const all = [...first.messages, ...second.messages];
  expect(new Set(all.map(({ id }) => id)).size).toBe(4);
  expect(all.map(({ createTime }) => createTime?.seconds)).toEqual(
    all.map(({ createTime }) => createTime?.seconds).toSorted((a = 0n, b = 0n) => Number(b - a)),
  );
  expect(second.nextPageToken).toBe("");
  expect((await under.client.listMessages({ pageSize: 1 }, staff)).messages[0]?.orderId).toBe("");
  const foreign = under.client.listMessages({ orderId: "other", pageToken: first.nextPageToken }, staff);
  expect(await reasonFrom(foreign)).toBe("PAGE_TOKEN_INVALID");
});
