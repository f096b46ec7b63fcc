import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  Message_State,
  NotifyStockRequestSchema,
  StockEventKind,
} from "../../gen/rowlock/notify/v1/notify_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { notifySchema } from "./migrations/index.ts";
import { SendRefused, SendUnavailable } from "./send-errors.ts";
import { notifyUnderTest, sayStock } from "./testing/notify.ts";

let database: TestDatabase;
let under: ReturnType<typeof notifyUnderTest>;
let keys = 0;
beforeAll(async () => {
  database = await testDatabase(notifySchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(() => {
  under = notifyUnderTest(database.db, undefined, ["ada@shop.example", "grace@shop.example"]);
});

const inventory = as.service("inventory");
const mug = { sku: "MUG", title: "Ceramic Mug, blue", available: 3n, threshold: 5n };
const low = (fields: MessageInitShape<typeof NotifyStockRequestSchema> = {}) =>
  create(NotifyStockRequestSchema, {
    eventKey: `alr_${++keys}`,
    kind: StockEventKind.LOW,
    items: [mug],
    ...(fields as object),
  });

test("each of the staff is told once of low stock, however often it is asked for", async () => {
  const event = low();
  const first = await under.client.notifyStock(event, inventory);
  const calls = Array.from({ length: 5 }, () => under.client.notifyStock(event, inventory));
  for (const again of await Promise.all(calls)) expect(again).toEqual(first);
  expect(first.messages.map(({ to, state, subject }) => [to, state, subject])).toEqual([
    ["ada@shop.example", Message_State.SENT, "Low stock: Ceramic Mug, blue"],
    ["grace@shop.example", Message_State.SENT, "Low stock: Ceramic Mug, blue"],
  ]);
  expect(under.email.taken.map(({ to }) => to).sort()).toEqual(["ada@shop.example", "grace@shop.example"]);
});

test("a customer is told once that it is back, and the staff are not", async () => {
  const event = low({ kind: StockEventKind.BACK, email: "buyer@example.com" });
  await under.client.notifyStock(event, inventory);
  const { messages } = await under.client.notifyStock(event, inventory);
  expect(messages).toMatchObject([{ to: "buyer@example.com", eventKey: event.eventKey, orderId: "" }]);
  expect(under.email.taken.map(({ to, subject }) => [to, subject])).toEqual([
    ["buyer@example.com", "Back in stock: Ceramic Mug, blue"],
  ]);
});

test.each([
  ["de-AT", "Wieder lieferbar: Ceramic Mug, blue"],
  ["fr", "Back in stock: Ceramic Mug, blue"],
])("who asked in %s reads %s, also when it is sent once more", async (language, subject) => {
  const event = low({ kind: StockEventKind.BACK, email: "buyer@example.com", language });
  const { messages } = await under.client.notifyStock(event, inventory);
  await under.client.resendMessage({ messageId: messages[0]?.id ?? "" }, as.staff);
  expect(under.email.taken.map((each) => each.subject)).toEqual([subject, subject]);
});

test("a shop without staff addresses sends nothing", async () => {
  const quiet = notifyUnderTest(database.db);
  expect((await quiet.client.notifyStock(low(), inventory)).messages).toEqual([]);
  expect(quiet.email.taken).toEqual([]);
});

test("who could be told is not told again when another could not", async () => {
  const event = low();
  under.email.next = () => Promise.reject(new SendUnavailable("away", { pending: false }));
  expect(reasonOf(await failureOf(under.client.notifyStock(event, inventory)))).toBe("PROVIDER_UNAVAILABLE");
  expect(under.email.taken).toHaveLength(1);
  await under.client.notifyStock(event, inventory);
  expect(under.email.taken.map(({ to }) => to).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    "ada@shop.example",
    "grace@shop.example",
  ]);
});

test("an address that is refused is told of, and hinders nobody", async () => {
  under.email.next = () => Promise.reject(new SendRefused("no such address"));
  expect(reasonOf(await failureOf(under.client.notifyStock(low(), inventory)))).toBe("MESSAGE_REFUSED");
  expect(under.email.taken).toHaveLength(1);
});

test.each([
  ["no kind", { kind: StockEventKind.UNSPECIFIED }],
  ["no items", { items: [] }],
  ["no address", { email: "buyer" }],
  ["no language", { language: "<b>" }],
  ["no key", { eventKey: "" }],
])("with %s it is refused", async (_, fields) => {
  expect(reasonOf(await failureOf(under.client.notifyStock(low(fields), inventory)))).toBe(
    "INVALID_ARGUMENT",
  );
});

const mail = (kind: StockEventKind, items: (typeof mug)[]) => sayStock({ kind, items });

test.each([
  ["low", StockEventKind.LOW, [mug], "Low stock: Ceramic Mug, blue", ["MUG", "Available: 3", "Threshold: 5"]],
  [
    "out",
    StockEventKind.LOW,
    [{ ...mug, available: 0n }],
    "Out of stock: Ceramic Mug, blue",
    ["out of stock"],
  ],
  ["of no title", StockEventKind.LOW, [{ ...mug, title: "" }], "Low stock: MUG", ["Available: 3"]],
  [
    "several",
    StockEventKind.LOW,
    [mug, { ...mug, title: "Cup" }],
    "Low stock: 2 products",
    ["Ceramic Mug", "Cup"],
  ],
  [
    "back",
    StockEventKind.BACK,
    [mug],
    "Back in stock: Ceramic Mug, blue",
    ["MUG", "is back", "Nothing is held"],
  ],
] as const)("the e-mail about stock that is %s says so in HTML and text", (_, kind, items, subject, says) => {
  const email = mail(kind, [...items]);
  expect(email.subject).toBe(subject);
  for (const form of [email.html, email.text]) for (const part of says) expect(form).toContain(part);
  expect(email.html).toMatch(/^<!doctype html>/);
  expect(`${email.html}${email.text}`).not.toMatch(/undefined|null|\[object/);
  for (const tag of ["table", "tr", "td", "div"]) {
    const opened = email.html.match(new RegExp(`<${tag}[\\s>]`, "g"))?.length;
    expect([tag, email.html.match(new RegExp(`</${tag}>`, "g"))?.length]).toEqual([tag, opened]);
  }
});

test("customers are not told how much there is", () => {
  expect(mail(StockEventKind.BACK, [mug]).text).not.toMatch(/Available|Threshold/);
});

test("a title is no markup, and begins no header", () => {
  const { html, subject } = mail(StockEventKind.LOW, [{ ...mug, title: "<b>x</b>\r\nBcc: eve@example.com" }]);
  expect(html).not.toContain("<b>");
  expect(subject).toBe("Low stock: <b>x</b> Bcc: eve@example.com");
});
