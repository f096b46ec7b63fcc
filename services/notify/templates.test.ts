import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { OrderEventKind, StockEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { ContactSchema } from "../../gen/rowlock/type/v1/address_pb.js";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { notifySchema } from "./migrations/index.ts";
import { putOverride } from "./store-template.ts";
import { news, notifyUnderTest, order, staff } from "./testing/notify.ts";

let database: TestDatabase;
let under: ReturnType<typeof notifyUnderTest>;

beforeAll(async () => {
  database = await testDatabase(notifySchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  under = notifyUnderTest(database.db);
  const { templates } = await under.client.listTemplates({ pageSize: 200 }, staff);
  for (const { event, language, override } of templates) {
    if (override !== undefined) await under.client.deleteTemplate({ event, language }, staff);
  }
});

const fulfilled = { event: "order.fulfilled", language: "en" };
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call succeeded"),
    (err: unknown) => err,
  );
const update = (override: object, more: object = {}) =>
  under.client.updateTemplate({ ...fulfilled, override, ...more }, staff);

/** What somebody who speaks the language gets of an order that is fulfilled. */
async function told(language = "", on = under) {
  const contact = create(ContactSchema, { email: "ada@example.com", phone: "+14155550123", language });
  await on.client.notifyOrder(news({ eventKey: newId("event"), contact }), order);
  return { email: on.email.taken.at(-1), sms: on.sms.taken.at(-1)?.text };
}

describe("the language of a message", () => {
  test.each([
    ["de", "Ihre Bestellung ist unterwegs (ord_1)", "100,20 $"],
    ["de-CH", "Ihre Bestellung ist unterwegs (ord_1)", "$ 100.20"],
    ["id-ID", "Pesanan Anda sedang dalam perjalanan (ord_1)", "US$100,20"],
    ["fr", "Your order is on its way (ord_1)", "$100.20"],
    ["", "Your order is on its way (ord_1)", "$100.20"],
  ])("who speaks %j reads %s and %s", async (language, subject, amount) => {
    const { email } = await told(language);
    expect(email?.subject).toBe(subject);
    for (const form of [email?.text, email?.html]) expect(form?.replaceAll("&#39;", "'")).toContain(amount);
  });

  test.each([
    ["", "Ihre Bestellung ist unterwegs (ord_1)"],
    ["fr", "Ihre Bestellung ist unterwegs (ord_1)"],
    ["en-GB", "Your order is on its way (ord_1)"],
  ])("in a German shop %j means %s", async (language, subject) => {
    expect((await told(language, notifyUnderTest(database.db, undefined, [], "de-AT"))).email?.subject).toBe(
      subject,
    );
  });

  test("a contact's language is a tag, or nothing is told", async () => {
    const contact = create(ContactSchema, { email: "ada@example.com", language: "<b>" });
    const call = under.client.notifyOrder(news({ eventKey: newId("event"), contact }), order);
    expect(reasonOf(await failureOf(call))).toBe("INVALID_ARGUMENT");
  });
});

describe("a shop's own templates", () => {
  test("go before Rowlock's, part by part, until they are deleted", async () => {
    const made = await update({ subject: "Off it goes: {{ order.id }}", sms: "{{ shop.name }} ships!" });
    expect(made.override).toMatchObject({ subject: "Off it goes: {{ order.id }}", html: "", text: "" });
    expect(made.parts?.html).toContain("<!doctype html>");
    const { email, sms } = await told();
    expect([email?.subject, sms]).toEqual(["Off it goes: ord_1", "Rowlock ships!"]);
    expect(email?.text).toContain("Thank you, we have received your payment");
    expect((await told("de")).email?.subject).toBe("Ihre Bestellung ist unterwegs (ord_1)");

    await under.client.deleteTemplate(fulfilled, staff);
    expect((await told()).email?.subject).toBe("Your order is on its way (ord_1)");
    const back = await under.client.getTemplate(fulfilled, staff);
    expect([back.override, back.etag]).toEqual([undefined, "default"]);
  });

  test("may be in a language that Rowlock does not speak, and are written its way", async () => {
    const language = "fr";
    const missing = await failureOf(update({ subject: "En route" }, { language }));
    expect(errorInfo(missing)?.metadata).toMatchObject({ part: "html", line: "1" });
    await update(
      {
        subject: "En route",
        html: "<p>{{ order.total }}</p>",
        text: "Total {{ order.total }}",
        sms: "En route",
      },
      { language },
    );
    expect((await told("fr-CA")).email).toMatchObject({ subject: "En route", text: "Total 100,20 $ US" });
    expect((await told("es")).email?.subject).toBe("Your order is on its way (ord_1)");
  });

  test("of what customers wrote nothing becomes markup", async () => {
    await update({ html: '<p title="{{ order.id }}">{{ order.id | upcase }}</p>' });
    const eventKey = newId("event");
    const evil = news({ eventKey });
    if (evil.order) evil.order.orderId = `"><b onclick='x'>&`;
    await under.client.notifyOrder(evil, order);
    expect(under.email.taken.at(-1)?.html).toBe(
      '<p title="&quot;&gt;&lt;b onclick=&#39;x&#39;&gt;&amp;">&quot;&gt;&lt;B ONCLICK=&#39;X&#39;&gt;&amp;</p>',
    );
  });

  test("that fail when a message is sent are logged, and it goes out in Rowlock's words", async () => {
    const parts = { subject: "{{ order.gone }}", html: "", text: "", sms: "" };
    const override = { ...fulfilled, ...parts, etag: newId("etag"), updateTime: under.now() };
    await database.db.transaction((tx) => putOverride(tx, { override, present: "" }));
    expect((await told()).email?.subject).toBe("Your order is on its way (ord_1)");
    expect(under.logged).toContainEqual(
      expect.objectContaining({
        msg: "a template failed: the default one is sent",
        flaw: { part: "subject", line: 1, problem: "undefined variable: order.gone" },
      }),
    );
  });

  test("also say what is new of stock", async () => {
    await under.client.updateTemplate(
      { event: "stock.back", language: "en", override: { subject: "{{ items[0].name }}!" } },
      staff,
    );
    await under.client.notifyStock(
      {
        eventKey: newId("event"),
        kind: StockEventKind.BACK,
        email: "ada@example.com",
        items: [{ sku: "MUG", title: "Mug", available: 3n }],
      },
      order,
    );
    expect(under.email.taken.at(-1)?.subject).toBe("Mug!");
  });

  test("of updates with one etag one succeeds", async () => {
    const { etag } = await update({ sms: "first" });
    const calls = Array.from({ length: 8 }, (_, i) => update({ sms: `nth ${i}` }, { etag }));
    const outcomes = await Promise.allSettled(calls);
    const failures = outcomes.flatMap((each) => (each.status === "rejected" ? [reasonOf(each.reason)] : []));
    expect(failures).toEqual(Array.from({ length: 7 }, () => "ETAG_MISMATCH"));
    const winner = outcomes.find((each) => each.status === "fulfilled")?.value;
    expect(await under.client.getTemplate(fulfilled, staff)).toEqual(winner);
  });

  test("are not deleted with the etag of others, nor is what came anew after a deletion overwritten", async () => {
    const { etag } = await update({ sms: "first" });
    const { etag: later } = await update({ sms: "second" });
    const old = under.client.deleteTemplate({ ...fulfilled, etag }, staff);
    expect(reasonOf(await failureOf(old))).toBe("ETAG_MISMATCH");
    await under.client.deleteTemplate({ ...fulfilled, etag: later }, staff);
    await update({ sms: "third" });
    expect(reasonOf(await failureOf(update({ sms: "fourth" }, { etag: later })))).toBe("ETAG_MISMATCH");
  });

  test("of two first ones that were to replace nothing one is written", async () => {
    const { etag } = await under.client.getTemplate(fulfilled, staff);
    const outcomes = await Promise.allSettled([
      update({ sms: "a" }, { etag }),
      update({ sms: "b" }, { etag }),
    ]);
    const refused = outcomes.flatMap((each) => (each.status === "rejected" ? [reasonOf(each.reason)] : []));
    expect(refused).toEqual(["ETAG_MISMATCH"]);
  });

  test("with a key are written once, and another content with it is refused", async () => {
    const requestId = newId("req");
    const first = await update({ sms: "first" }, { requestId });
    await update({ sms: "second" });
    expect(await update({ sms: "first" }, { requestId })).toEqual(first);
    expect((await under.client.getTemplate(fulfilled, staff)).parts?.sms).toBe("second");
    expect(reasonOf(await failureOf(update({ sms: "other" }, { requestId })))).toBe("REQUEST_ID_REUSED");
    const key = newId("req");
    await under.client.deleteTemplate({ ...fulfilled, requestId: key }, staff);
    const reused = under.client.deleteTemplate({ ...fulfilled, language: "de", requestId: key }, staff);
    expect(reasonOf(await failureOf(reused))).toBe("REQUEST_ID_REUSED");
  });
});

test.each<[string, Record<string, string>, { part: string; line: string; problem: RegExp }]>([
  ["an open tag", { text: "a\n{% if order.id %}" }, { part: "text", line: "2", problem: /not closed/ }],
  ["an open value", { text: "a\nb\n{{ order.id " }, { part: "text", line: "3", problem: /not closed/ }],
  [
    "an unknown variable",
    { subject: "{{ order.nmae }}" },
    { part: "subject", line: "1", problem: /order\.nmae/ },
  ],
  [
    "an unknown variable where no sample leads",
    { text: 'x\n{% if order.id == "no" %}\n{{ customer.card }}{% endif %}' },
    { part: "text", line: "3", problem: /customer\.card/ },
  ],
  [
    "an unknown variable of a line",
    { text: "{% for line in order.lines %}{{ line.price }}{% endfor %}x" },
    { part: "text", line: "1", problem: /line\.price/ },
  ],
  [
    "the inside of a value",
    { sms: "{{ order.id.constructor }}" },
    { part: "sms", line: "1", problem: /unknown/ },
  ],
  ["an unknown filter", { sms: "{{ order.id | raw }}" }, { part: "sms", line: "1", problem: /filter: raw/ }],
  [
    "a file",
    { text: "{% include 'package.json' %}" },
    { part: "text", line: "1", problem: /"include" not found/ },
  ],
  [
    "a variable of its own",
    { text: "{% assign x = 1 %}" },
    { part: "text", line: "1", problem: /"assign" not found/ },
  ],
  [
    "a loop without an end",
    { text: "{% for i in (1..100000000) %}{{ i }}{% endfor %}" },
    { part: "text", line: "1", problem: /limit exceeded/ },
  ],
  [
    "a loop that says too much",
    { text: `{% for i in (1..9000) %}${"long ".repeat(20)}{% endfor %}` },
    { part: "text", line: "1", problem: /more than 500000 characters/ },
  ],
  [
    "a record",
    { text: "x {{ order.transfer }}" },
    { part: "text", line: "1", problem: /name one of its fields/ },
  ],
  [
    "nothing to say",
    { subject: "{% if order.pick_up %}x{% endif %}" },
    { part: "subject", line: "1", problem: /nothing/ },
  ],
  [
    "a program",
    { html: "<p>\n<script>1</script></p>" },
    { part: "html", line: "2", problem: /not for e-mails/ },
  ],
  ["an event handler", { html: "<p onclick='x'>y</p>" }, { part: "html", line: "1", problem: /no programs/ }],
  [
    "a bare attribute",
    { html: "<p title={{ order.id }}>" },
    { part: "html", line: "1", problem: /quotation marks/ },
  ],
  [
    "another scheme",
    { html: '<a\nhref="javascript:x">y</a>' },
    { part: "html", line: "2", problem: /begins with/ },
  ],
  [
    "a hidden scheme",
    { html: '<a href="java&#115;cript:x">y' },
    { part: "html", line: "1", problem: /begins with/ },
  ],
  [
    "an address from a customer's words",
    { html: '<a href="{{ order.cancel_reason }}">y</a>' },
    { part: "html", line: "1", problem: /order\.tracking_url/ },
  ],
  [
    "a value in a style sheet",
    { html: "<style>{{ order.id }}</style>" },
    { part: "html", line: "1", problem: /style/ },
  ],
  [
    "a style's address",
    { html: "<p style='background:url(data:x)'>" },
    { part: "html", line: "1", problem: /begins/ },
  ],
])("%s is refused, with its line", async (_, override, want) => {
  const failure = await failureOf(update(override));
  expect(reasonOf(failure)).toBe("TEMPLATE_INVALID");
  const { part, line, problem } = errorInfo(failure)?.metadata ?? {};
  expect([part, line]).toEqual([want.part, want.line]);
  expect(problem).toMatch(want.problem);
  expect(reasonOf(await failureOf(under.client.previewTemplate({ ...fulfilled, override }, staff)))).toBe(
    "TEMPLATE_INVALID",
  );
});

test("news of stock has no text message", async () => {
  const call = under.client.updateTemplate(
    { event: "stock.low", language: "en", override: { sms: "Low!" } },
    staff,
  );
  expect(errorInfo(await failureOf(call))?.metadata).toMatchObject({ part: "sms" });
});

test.each([
  ["an event that there is not", { event: "order.eaten", language: "en" }, "TEMPLATE_NOT_FOUND"],
  ["a language that is none", { event: "order.expired", language: "_" }, "LANGUAGE_INVALID"],
])("%s has no templates", async (_, key, reason) => {
  const { client } = under;
  const calls = [
    client.getTemplate(key, staff),
    client.updateTemplate({ ...key, override: {} }, staff),
    client.deleteTemplate(key, staff),
    client.previewTemplate(key, staff),
  ];
  for (const call of calls) expect(reasonOf(await failureOf(call))).toBe(reason);
});

test("in a language without words there is no template to get", async () => {
  const call = under.client.getTemplate({ event: "order.expired", language: "fr" }, staff);
  expect(reasonOf(await failureOf(call))).toBe("TEMPLATE_NOT_FOUND");
});

test("a preview shows what is used, or what is given, and keeps neither", async () => {
  await update({ subject: "Stored {{ order.id }}" });
  const stored = await under.client.previewTemplate(fulfilled, staff);
  expect(stored).toMatchObject({ subject: "Stored ord_01k9sample" });
  expect(stored.sms).toContain("with USPS 9205590164917312751089");
  const tried = await under.client.previewTemplate({ ...fulfilled, override: { subject: "Tried" } }, staff);
  expect(tried.subject).toBe("Tried");
  expect((await under.client.getTemplate(fulfilled, staff)).parts?.subject).toBe("Stored {{ order.id }}");
  expect(under.email.taken).toEqual([]);
});

test("templates are listed by page, each once, and of one language", async () => {
  await update({ subject: "S", html: "<p>H</p>", text: "T", sms: "M" }, { language: "fr" });
  const listed: string[] = [];
  let pageToken = "";
  do {
    const page = await under.client.listTemplates({ pageSize: 7, pageToken }, staff);
    listed.push(...page.templates.map(({ event, language }) => `${event} ${language}`));
    expect(page.templates.every(({ parts }) => parts === undefined)).toBe(true);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(listed).toHaveLength(11 * 3 + 1);
  expect(listed).toEqual([...new Set(listed)].toSorted());
  const french = await under.client.listTemplates({ language: "FR" }, staff);
  expect(french.templates.map(({ event, language }) => [event, language])).toEqual([
    ["order.fulfilled", "fr"],
  ]);
  const wrong = under.client.listTemplates({ pageToken: "x" }, staff);
  expect(reasonOf(await failureOf(wrong))).toBe("PAGE_TOKEN_INVALID");
});

test("a message of each kind has a template", async () => {
  const kinds = Object.values(OrderEventKind).filter((kind) => typeof kind === "number" && kind > 0);
  for (const kind of kinds as OrderEventKind[]) {
    await under.client.notifyOrder(news({ eventKey: newId("event"), kind }), order);
  }
  expect(under.email.taken.map(({ subject }) => subject)).toHaveLength(kinds.length);
});
