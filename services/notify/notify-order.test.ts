import { create } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Channel, Message_State, OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { ContactSchema } from "../../gen/rowlock/type/v1/address_pb.js";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { leaseMs } from "./message.ts";
import { notifySchema } from "./migrations/index.ts";
import { SendRefused, SendUnavailable } from "./send-errors.ts";
import { news, notifyUnderTest, order, orderSummary, sayOrder, staff } from "./testing/notify.ts";

const statements: string[] = [];
let database: TestDatabase;
let under: ReturnType<typeof notifyUnderTest>;
let eventKey: string;

beforeAll(async () => {
  database = await testDatabase(notifySchema, { onStatement: (text) => statements.push(text) });
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  under = notifyUnderTest(database.db);
  eventKey = `${newId("ord")}:fulfilled`;
  // What the shop has said of its messages is read once, for all of them.
  await under.client.notifyOrder(news({ eventKey, withdraw: true }), order);
  statements.length = 0;
});

const tell = (fields: Partial<Parameters<typeof news>[0]> = {}, who: CallOptions = order) =>
  under.client.notifyOrder(news({ eventKey, ...fields }), who);
/** Somebody with less time than a wait takes. */
const hurried: CallOptions = { ...order, timeoutMs: 400 };
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call succeeded"),
    (err: unknown) => err,
  );
const taken = () => ({ email: under.email.taken.length, sms: under.sms.taken.length });
const away =
  (pending = false) =>
  () =>
    Promise.reject(new SendUnavailable("503", { pending }));
const refused = () => Promise.reject(new SendRefused("no such mailbox"));

test("an e-mail and a text message go out, in three statements", async () => {
  const { messages } = await tell();
  expect(statements).toHaveLength(3);
  expect(messages).toMatchObject([
    {
      channel: Channel.EMAIL,
      state: Message_State.SENT,
      to: "ada@example.com",
      subject: "Your order is on its way (ord_1)",
      eventKey,
      orderId: "ord_1",
      providerId: "mail_1",
    },
    {
      channel: Channel.SMS,
      state: Message_State.SENT,
      to: "+14155550123",
      subject: "",
      providerId: under.sms.idOf(1),
    },
  ]);
  expect(under.email.taken[0]).toMatchObject({ to: "ada@example.com", from: "", messageId: messages[0]?.id });
  expect(under.email.taken[0]?.html).toContain("https://labels.test/t1.pdf");
  expect(under.sms.taken[0]?.text).toContain("https://track.test/92055");
  const read = await under.client.getMessage({ messageId: messages[0]?.id ?? "" }, staff);
  expect(read).toEqual(messages[0]);
});

test("without a phone number there is only the e-mail", async () => {
  const { messages } = await tell({ contact: create(ContactSchema, { email: "ada@example.com" }) });
  expect(messages.map(({ channel }) => channel)).toEqual([Channel.EMAIL]);
  expect(taken()).toEqual({ email: 1, sms: 0 });
});

test("told again, nothing is sent again, whatever the content", async () => {
  const first = await tell();
  statements.length = 0;
  expect(await tell()).toEqual(first);
  expect(statements).toHaveLength(2);
  expect(await tell({ order: orderSummary({ orderId: "ord_2" }) })).toEqual(first);
  expect(taken()).toEqual({ email: 1, sms: 1 });
});

test("another event of the same order is told", async () => {
  await tell();
  eventKey = `${newId("ord")}:refunded`;
  await tell({ kind: OrderEventKind.REFUNDED });
  expect(taken()).toEqual({ email: 2, sms: 2 });
});

test("of concurrent calls, of two processes, one sends, and all get its messages", async () => {
  let finish: () => void = () => undefined;
  const sending = new Promise<void>((resolve) => {
    finish = resolve;
  });
  under.email.next = async () => {
    await sending;
    under.email.taken.push({} as never);
    return "mail_slow";
  };
  const other = notifyUnderTest(database.open("notify"));
  const first = tell();
  await waitFor(() => under.email.next === undefined);
  const calls = Array.from({ length: 10 }, (_, i) =>
    i % 2 === 0 ? tell() : other.client.notifyOrder(news({ eventKey }), order),
  );
  // The sending ends only when all the others have seen it.
  await waitFor(() => statements.filter((text) => text.includes("where event_key = ")).length >= 10);
  finish();
  for (const answer of await Promise.all(calls)) expect(answer).toEqual(await first);
  expect((await first).messages.map(({ providerId }) => providerId)).toEqual([
    "mail_slow",
    under.sms.idOf(1),
  ]);
  expect([taken(), other.email.taken, other.sms.taken]).toEqual([{ email: 1, sms: 1 }, [], []]);
});

test.each(["email", "sms"] as const)(
  "when the provider of %s is away, only that message is sent again",
  async (channel) => {
    under[channel].next = away();
    const failure = await failureOf(tell());
    expect(reasonOf(failure)).toBe("PROVIDER_UNAVAILABLE");
    expect(errorInfo(failure)?.metadata).toEqual({ provider: under[channel].name });
    const { messages } = await tell();
    expect(messages.map(({ state }) => state)).toEqual([Message_State.SENT, Message_State.SENT]);
    expect(taken()).toEqual({ email: 1, sms: 1 });
  },
);

test("a refused message is recorded and never tried again; the other goes out", async () => {
  under.email.next = refused;
  for (const _ of "ab") {
    const failure = await failureOf(tell());
    expect(reasonOf(failure)).toBe("MESSAGE_REFUSED");
    expect(errorInfo(failure)?.metadata).toEqual({ channel: "EMAIL", message: "no such mailbox" });
  }
  expect(taken()).toEqual({ email: 0, sms: 1 });
  const { messages } = await under.client.listMessages({}, staff);
  const [email] = messages.filter((each) => each.eventKey === eventKey && each.channel === Channel.EMAIL);
  expect(email).toMatchObject({ state: Message_State.REFUSED, error: "no such mailbox", providerId: "" });
});

test("of a refusal and an outage the outage is told: it is worth a retry", async () => {
  under.email.next = refused;
  under.sms.next = away();
  expect(reasonOf(await failureOf(tell()))).toBe("PROVIDER_UNAVAILABLE");
  expect(reasonOf(await failureOf(tell()))).toBe("MESSAGE_REFUSED");
  expect(taken()).toEqual({ email: 0, sms: 1 });
});

test("a text message whose answer was lost is found and not sent again", async () => {
  under.sms.next = async () => {
    under.sms.taken.push({ to: "+14155550123", text: sayOrder(told()).sms });
    throw new SendUnavailable("cut off", { pending: true });
  };
  expect(reasonOf(await failureOf(tell()))).toBe("PROVIDER_UNAVAILABLE");
  // Too early to look: it may not be listed yet.
  expect(reasonOf(await failureOf(tell({}, hurried)))).toBe("MESSAGE_IN_PROGRESS");
  expect(under.sms.lookups).toBe(0);
  under.later(leaseMs(under.sms));
  const { messages } = await tell();
  expect(messages[1]).toMatchObject({ state: Message_State.SENT, providerId: under.sms.idOf(1) });
  expect(taken()).toEqual({ email: 1, sms: 1 });
  expect(under.sms.lookups).toBe(1);
});

test("the same text of another event is not taken for the one that is looked for", async () => {
  await tell();
  eventKey = `${newId("ord")}:again`;
  under.sms.next = () => Promise.reject(new SendUnavailable("cut off", { pending: true }));
  await failureOf(tell());
  under.later(leaseMs(under.sms));
  const { messages } = await tell();
  expect(messages[1]).toMatchObject({ state: Message_State.SENT, providerId: under.sms.idOf(2) });
  expect(taken()).toEqual({ email: 2, sms: 2 });
});

test("a call that lost its time while it looked leaves the message to the one that took over", async () => {
  under.sms.next = away();
  await failureOf(tell());
  const find = under.sms.find.bind(under.sms);
  under.sms.find = async (sms) => {
    under.sms.find = find;
    const found = await find(sms);
    under.later(leaseMs(under.sms));
    await tell();
    return found;
  };
  expect((await tell()).messages[1]).toMatchObject({ state: Message_State.SENT });
  expect(taken()).toEqual({ email: 1, sms: 1 });
});

test("an e-mail whose answer was lost is sent again only after its webhooks had time to tell of it", async () => {
  under.email.next = away(true);
  expect(reasonOf(await failureOf(tell()))).toBe("PROVIDER_UNAVAILABLE");
  expect(reasonOf(await failureOf(tell({}, hurried)))).toBe("MESSAGE_IN_PROGRESS");
  under.later(leaseMs(under.email));
  expect((await tell()).messages[0]).toMatchObject({ state: Message_State.SENT, providerId: "mail_1" });
  expect(taken()).toEqual({ email: 1, sms: 1 });
});

test("messages of a process that died are taken over by exactly one call, to where it says", async () => {
  let died: () => void = () => undefined;
  const dead = new Promise<void>((resolve) => {
    died = resolve;
  });
  under.email.next = () => {
    died();
    return new Promise(() => undefined);
  };
  // Nobody waits for the answer of a process that died: it is a deadline that passed, later.
  void tell().catch(() => undefined);
  await dead;
  under.later(leaseMs(under.email));
  const contact = create(ContactSchema, { email: "new@example.com", phone: "+14155550123" });
  await Promise.allSettled(Array.from({ length: 8 }, () => tell({ contact })));
  const { messages } = await tell();
  expect(messages[0]).toMatchObject({ state: Message_State.SENT, to: "new@example.com" });
  expect(taken()).toEqual({ email: 1, sms: 1 });
});

test("an amount in a currency that does not exist is an invalid argument, and nothing is recorded", async () => {
  const total = { currencyCode: "ABC", amount: 1n };
  expect(reasonOf(await failureOf(tell({ order: orderSummary({ total }) })))).toBe("INVALID_ARGUMENT");
  expect(statements.filter((text) => text.includes("insert"))).toEqual([]);
});

test("an order that says nothing still makes messages", async () => {
  const { messages } = await tell({
    order: orderSummary({
      lines: [],
      itemTotal: undefined,
      shippingTotal: undefined,
      total: undefined,
      shippingAddress: undefined,
    }),
  });
  expect(messages).toHaveLength(2);
});

test("only services tell of orders", async () => {
  const failure = await failureOf(under.client.notifyOrder(news({ eventKey }), staff));
  expect(reasonOf(failure)).toBe("PERMISSION_DENIED");
});

/** What `tell` tells. */
function told() {
  const { kind, order: summary } = news({ eventKey });
  if (summary === undefined) throw new Error("the news have no order");
  return { kind, order: summary };
}

describe("old news is withdrawn", () => {
  const withdraw = () => tell({ withdraw: true });
  const states = async () =>
    (await withdraw()).messages.map(({ state, error }) => [Message_State[state], error]);

  test("of which nothing was recorded: nothing is sent", async () => {
    expect((await withdraw()).messages).toEqual([]);
    expect(taken()).toEqual({ email: 0, sms: 0 });
  });

  test("what was sent stays sent", async () => {
    await tell();
    expect(await states()).toEqual([
      ["SENT", ""],
      ["SENT", ""],
    ]);
    expect(taken()).toEqual({ email: 1, sms: 1 });
  });

  test("what could not be sent ends, and no repeated call sends it", async () => {
    under.email.next = away();
    under.sms.next = away();
    await failureOf(tell());
    expect(await states()).toEqual([
      ["REFUSED", "withdrawn"],
      ["REFUSED", "withdrawn"],
    ]);
    expect(reasonOf(await failureOf(tell()))).toBe("MESSAGE_REFUSED");
    expect(taken()).toEqual({ email: 0, sms: 0 });
  });

  test("while a sending is under way it waits for another call", async () => {
    under.email.next = away(true);
    await failureOf(tell());
    expect(reasonOf(await failureOf(withdraw()))).toBe("MESSAGE_IN_PROGRESS");
  });
});
