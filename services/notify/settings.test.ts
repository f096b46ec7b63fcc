import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Channel, OrderEventKind, StockEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { notifySchema } from "./migrations/index.ts";
import { templateEvents } from "./templates/events.ts";
import { news, notifyUnderTest, order, staff } from "./testing/notify.ts";

let database: TestDatabase;
let under: ReturnType<typeof notifyUnderTest>;
beforeAll(async () => {
  database = await testDatabase(notifySchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  under = notifyUnderTest(database.db, undefined, ["ada@shop.example"]);
  for (const event of templateEvents) {
    await under.client.updateMessageSetting(
      { event, email: true, sms: event.startsWith("order.") && !/placed|paid/.test(event) },
      staff,
    );
  }
});

const set = (event: string, how: { email?: boolean; sms?: boolean }) =>
  under.client.updateMessageSetting({ event, ...how }, staff);
const told = async (kind: OrderEventKind, on = under) => {
  const { messages } = await on.client.notifyOrder(news({ eventKey: newId("event"), kind }), order);
  return messages.map(({ channel }) => channel);
};

test("of what nothing was said, e-mails tell all, and texts all of orders but that one was placed or paid", async () => {
  await database.db.execute(sql`delete from setting`);
  const { settings } = await under.client.getMessageSettings({}, staff);
  expect(settings.map(({ event }) => event)).toEqual(templateEvents.toSorted());
  expect(settings.filter(({ email }) => !email)).toEqual([]);
  expect(settings.filter(({ sms }) => !sms).map(({ event }) => event)).toEqual([
    "order.paid",
    "order.placed",
    "stock.back",
    "stock.low",
  ]);
  expect(await told(OrderEventKind.PLACED)).toEqual([Channel.EMAIL]);
  expect(await told(OrderEventKind.PAID)).toEqual([Channel.EMAIL]);
  expect(await told(OrderEventKind.FULFILLED)).toEqual([Channel.EMAIL, Channel.SMS]);
});

test.each([
  [{ email: false }, { email: false, sms: true }, [Channel.SMS]],
  [{ sms: false }, { email: true, sms: false }, [Channel.EMAIL]],
  [{ email: false, sms: false }, { email: false, sms: false }, []],
  [{}, { email: true, sms: true }, [Channel.EMAIL, Channel.SMS]],
])("with %j a shipment is told as %j", async (how, stands, channels) => {
  expect(await set("order.shipped", how)).toMatchObject({ event: "order.shipped", ...stands });
  const { settings } = await under.client.getMessageSettings({}, staff);
  expect(settings.find(({ event }) => event === "order.shipped")).toMatchObject(stands);
  expect(await told(OrderEventKind.SHIPPED)).toEqual(channels);
});

test("a setting of one event is none of another", async () => {
  await set("order.shipped", { email: false, sms: false });
  expect(await told(OrderEventKind.DELIVERED)).toEqual([Channel.EMAIL, Channel.SMS]);
});

test("of several changes at once each counts", async () => {
  const changes = [{ email: false }, { sms: false }, { email: false }, { sms: false }];
  await Promise.all(changes.map((how) => set("order.refunded", how)));
  expect(await told(OrderEventKind.REFUNDED)).toEqual([]);
});

test("what another process changed holds after two seconds", async () => {
  const other = notifyUnderTest(database.db);
  expect(await told(OrderEventKind.CANCELED, other)).toHaveLength(2);
  await set("order.canceled", { email: false, sms: false });
  await under.client.updateTemplate(
    { event: "order.expired", language: "en", override: { subject: "Too late" } },
    staff,
  );
  other.later(1_999);
  expect(await told(OrderEventKind.CANCELED, other)).toHaveLength(2);
  other.later(1);
  expect(await told(OrderEventKind.CANCELED, other)).toEqual([]);
  await told(OrderEventKind.EXPIRED, other);
  expect(other.email.taken.at(-1)?.subject).toBe("Too late");
  await under.client.deleteTemplate({ event: "order.expired", language: "en" }, staff);
});

test("what is off and was recorded before is withdrawn when it is old news", async () => {
  const event = news({ eventKey: newId("event"), kind: OrderEventKind.SHIPPED });
  under.email.next = () => Promise.reject(new Error("away"));
  await failureOf(under.client.notifyOrder(event, order));
  await set("order.shipped", { email: false, sms: false });
  under.later(3_600_000);
  const { messages } = await under.client.notifyOrder({ ...event, withdraw: true }, order);
  expect(messages.find(({ channel }) => channel === Channel.EMAIL)?.error).toBe("withdrawn");
});

test("staff who want no news of the stock get none", async () => {
  const low = { eventKey: newId("alr"), kind: StockEventKind.LOW, items: [{ sku: "MUG", available: 1n }] };
  await set("stock.low", { email: false });
  expect((await under.client.notifyStock(low, as.service("inventory"))).messages).toEqual([]);
  await set("stock.low", { email: true });
  expect((await under.client.notifyStock(low, as.service("inventory"))).messages).toHaveLength(1);
});

describe("refused is", () => {
  test("an event that there is not", async () => {
    const failure = await failureOf(set("order.eaten", { email: true }));
    expect(errorInfo(failure)).toMatchObject({
      reason: "EVENT_NOT_FOUND",
      metadata: { event: "order.eaten" },
    });
  });
  test("a text message about stock", async () => {
    expect(reasonOf(await failureOf(set("stock.back", { sms: true })))).toBe("INVALID_ARGUMENT");
    expect((await set("stock.back", { sms: false })).email).toBe(true);
  });
  test("another change under the same key", async () => {
    const call = { event: "order.paid", email: false, requestId: newId("req") };
    const first = await under.client.updateMessageSetting(call, staff);
    await set("order.paid", { email: true });
    expect(await under.client.updateMessageSetting(call, staff)).toEqual(first);
    expect(await told(OrderEventKind.PAID)).toEqual([Channel.EMAIL]);
    const other = under.client.updateMessageSetting({ ...call, email: true }, staff);
    expect(reasonOf(await failureOf(other))).toBe("REQUEST_ID_REUSED");
  });
});
