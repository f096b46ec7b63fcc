import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { segmentsOf } from "../twilio/segments.ts";
import { type Harness, startHarness } from "./harness.ts";

let sandbox: Harness;
let now = Date.parse("2026-11-20T10:00:00Z");
beforeAll(async () => {
  sandbox = await startHarness({ clock: () => new Date(now) });
});
afterAll(async () => await sandbox[Symbol.asyncDispose]());

const read = async (path: string) =>
  (await (await fetch(sandbox.url + path)).json()) as { items: Record<string, unknown>[] };

describe("SendGrid", () => {
  const mail = {
    to: "ada@example.com",
    from: { email: "shop@example.com", name: "Shop" },
    subject: "Order 7",
    text: "Thanks",
    html: "<p>Thanks</p>",
  };

  test("a message is taken and can be found by each of its readers", async () => {
    const [answer] = await sandbox.mail.send({
      ...mail,
      cc: "bo@example.com",
      headers: { "X-Entity-Ref-ID": "7" },
      customArgs: { order: "7" },
      categories: ["order"],
      attachments: [
        { content: Buffer.from("hello").toString("base64"), filename: "a.txt", type: "text/plain" },
      ],
    });
    expect([answer.statusCode, answer.body]).toEqual([202, ""]);
    const messageId = (answer.headers as Record<string, string>)["x-message-id"];
    expect(messageId).toMatch(/^\w{22}$/);
    for (const reader of ["ada@example.com", "BO@example.com"]) {
      const { items } = await read(`/sandbox/api/emails?to=${encodeURIComponent(reader)}`);
      expect(items).toEqual([
        expect.objectContaining({
          messageId,
          from: mail.from,
          to: [{ email: "ada@example.com" }],
          subject: "Order 7",
          text: "Thanks",
          html: "<p>Thanks</p>",
          customArgs: { order: "7" },
          attachments: [expect.objectContaining({ filename: "a.txt", size: 5 })],
        }),
      ]);
    }
    expect((await read("/sandbox/api/emails?to=nobody@example.com")).items).toEqual([]);
  });

  test("each personalization is a message of its own", async () => {
    await sandbox.mail.send({
      from: "shop@example.com",
      templateId: "d-1",
      personalizations: [
        { to: "p1@example.com", dynamicTemplateData: { order: "1" } },
        { to: "p2@example.com", subject: "two" },
      ],
    } as unknown as Parameters<typeof sandbox.mail.send>[0]);
    expect((await read("/sandbox/api/emails?to=p1@example.com")).items).toMatchObject([
      { templateId: "d-1", templateData: { order: "1" } },
    ]);
    expect((await read("/sandbox/api/emails?to=p2@example.com")).items).toMatchObject([{ subject: "two" }]);
  });

  test("sandbox mode checks and does not send", async () => {
    const [answer] = await sandbox.mail.send({
      ...mail,
      to: "quiet@example.com",
      mailSettings: { sandboxMode: { enable: true } },
    });
    expect(answer.statusCode).toBe(200);
    expect((await read("/sandbox/api/emails?to=quiet@example.com")).items).toEqual([]);
  });

  test.each<[string, object, string]>([
    ["an address that is none", { to: "nobody" }, "personalizations.0.to.0.email"],
    ["no subject", { subject: undefined }, "subject"],
    ["no sender", { from: undefined }, "from.email"],
    ["no content", { text: undefined, html: undefined }, "content"],
    ["a reader named twice", { cc: "ada@example.com" }, "personalizations.0"],
    [
      "an attachment that is not base64",
      { attachments: [{ content: "???", filename: "a" }] },
      "attachments.0.content",
    ],
    ["a reserved header", { headers: { "X-SG-ID": "1" } }, "headers"],
  ])("%s is refused", async (_, change, field) => {
    // The SDK checks some of this itself, so the request is written by hand.
    const data: Record<string, unknown> = { ...mail, ...change };
    const body = {
      from: data["from"],
      subject: data["subject"],
      personalizations: [
        { to: [{ email: data["to"] }], ...(data["cc"] !== undefined && { cc: [{ email: data["cc"] }] }) },
      ],
      ...(data["text"] !== undefined && { content: [{ type: "text/plain", value: data["text"] }] }),
      attachments: data["attachments"],
      headers: data["headers"],
    };
    const answer = await fetch(`${sandbox.url}/v3/mail/send`, {
      method: "POST",
      headers: { authorization: "Bearer SG.x", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(400);
    expect(
      ((await answer.json()) as { errors: { field: string }[] }).errors.map((error) => error.field),
    ).toContain(field);
  });

  test("the SDK sees a refusal as it does SendGrid's", async () => {
    await expect(sandbox.mail.send({ ...mail, categories: ["a", "a"] })).rejects.toMatchObject({
      code: 400,
      response: { body: { errors: [{ field: "categories" }] } },
    });
  });

  test("a request without a key is refused", async () => {
    expect((await fetch(`${sandbox.url}/v3/mail/send`, { method: "POST", body: "{}" })).status).toBe(401);
  });
});

describe("Twilio", () => {
  const text = { to: "+15558675310", from: "+15005550006", body: "Your order 7 shipped ✓" };

  test("a text is queued, sent, delivered, and found by its number", async () => {
    const made = await sandbox.sms.messages.create(text);
    expect(made).toMatchObject({ status: "queued", body: text.body, numSegments: "1", errorCode: null });
    expect(made.sid).toMatch(/^SM[0-9a-f]{32}$/);
    now += 1_500;
    expect(await sandbox.sms.messages(made.sid).fetch()).toMatchObject({ status: "sent" });
    now += 2_000;
    expect(await sandbox.sms.messages(made.sid).fetch()).toMatchObject({
      status: "delivered",
      sid: made.sid,
    });
    expect((await sandbox.sms.messages.list({ to: text.to })).map(({ sid }) => sid)).toEqual([made.sid]);
    expect((await read(`/sandbox/api/messages?to=${encodeURIComponent(text.to)}`)).items).toMatchObject([
      { sid: made.sid, body: text.body },
    ]);
  });

  test("a Messaging Service sends now or later", async () => {
    const messagingServiceSid = `MG${"0".repeat(32)}`;
    const made = await sandbox.sms.messages.create({ to: text.to, body: "hi", messagingServiceSid });
    expect(made.status).toBe("accepted");
    const sendAt = new Date(now + 3_600_000);
    const later = await sandbox.sms.messages.create({
      to: text.to,
      body: "hi",
      messagingServiceSid,
      scheduleType: "fixed",
      sendAt,
    });
    expect(later.status).toBe("scheduled");
  });

  test("the SDK pages", async () => {
    for (let n = 0; n < 3; n += 1)
      await sandbox.sms.messages.create({ ...text, to: "+15558675999", body: String(n) });
    const all = await sandbox.sms.messages.list({ to: "+15558675999", pageSize: 2, limit: 10 });
    expect(all.map(({ body }) => body)).toEqual(["2", "1", "0"]);
  });

  test.each<[string, object, number]>([
    ["no reader", { to: "" }, 21604],
    ["a number that is none", { to: "12" }, 21211],
    ["an unsubscribed reader", { to: "+15005550004" }, 21610],
    ["an unreachable reader", { to: "+15005550002" }, 21612],
    ["a landline", { to: "+15005550009" }, 21614],
    ["no sender", { from: undefined }, 21603],
    ["an invalid sender", { from: "+15005550001" }, 21212],
    ["a sender of another account", { from: "+15005550007" }, 21606],
    ["a full queue", { from: "+15005550008" }, 21611],
    ["no text", { body: "" }, 21602],
    ["too long a text", { body: "x".repeat(1601) }, 21617],
  ])("%s is refused with %o → %i", async (_, change, code) => {
    await expect(sandbox.sms.messages.create({ ...text, ...change } as typeof text)).rejects.toMatchObject({
      status: 400,
      code,
    });
  });

  test("unknown ids and wrong credentials", async () => {
    await expect(sandbox.sms.messages(`SM${"0".repeat(32)}`).fetch()).rejects.toMatchObject({
      status: 404,
      code: 20404,
    });
    const answer = await fetch(`${sandbox.url}/2010-04-01/Accounts/AC${"0".repeat(32)}/Messages.json`);
    expect([answer.status, await answer.json()]).toEqual([401, expect.objectContaining({ code: 20003 })]);
  });

  test.each([
    ["", 1],
    ["x".repeat(160), 1],
    ["x".repeat(161), 2],
    [`${"x".repeat(159)}€`, 2], // the euro sign takes two septets
    ["ж".repeat(70), 1],
    ["ж".repeat(71), 2],
    ["😀".repeat(35), 1],
    ["😀".repeat(36), 2],
  ])("%s takes %i segments", (body, segments) => {
    expect(segmentsOf(body)).toBe(segments);
  });
});
