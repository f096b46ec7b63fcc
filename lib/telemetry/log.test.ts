import { expect, test, vi } from "vitest";
import { createLog, type LogLevel } from "./log.ts";
import { REDACTED, redact } from "./redact.ts";

function capture(options: { level?: LogLevel; pretty?: boolean } = {}) {
  const lines: string[] = [];
  const log = createLog({ ...options, destination: { write: (line: string) => void lines.push(line) } });
  return { log, lines, first: () => JSON.parse(lines[0] ?? "{}") as Record<string, unknown> };
}

test.each([
  "authorization",
  "Authorization",
  "x-api-key",
  "rowlock-token",
  "rowlock-principal",
  "idempotency-key",
  "idempotencyKey",
  "cookie",
  "client_secret",
  "card",
  "card_number",
  "cvc",
  "password",
])("%s is redacted at every depth, in child bindings and on errors", (key) => {
  const { log, lines } = capture();
  log.info({ [key]: "s3cret" }, "top");
  log.info({ request: { headers: { [key]: "s3cret" } } }, "nested");
  log.info({ list: [{ [key]: ["s3cret"] }] }, "list");
  log.child({ [key]: "s3cret" }).info("child");
  log
    .child({ meta: { [key]: "s3cret" } })
    .child({ a: 1 })
    .info("grandchild");
  const err = Object.assign(
    new Error("failed", { cause: Object.assign(new Error("why"), { [key]: "s3cret" }) }),
    {
      config: { headers: { [key]: "s3cret" } },
    },
  );
  log.error({ err }, "error");
  log.error(err);
  log.error({ failure: err }, "error under another name");
  expect(lines).toHaveLength(8);
  for (const line of lines) expect(line).not.toContain("s3cret");
  for (const line of lines.slice(0, 6)) expect(line).toContain(REDACTED);
});

test("the password of a URL is redacted in fields and error messages", () => {
  const { log, lines } = capture();
  log.info({ where: "postgres://rowlock:hunter2@127.0.0.1:5432/x" }, "connected");
  log.error({ err: new Error("no route to redis://default:hunter2@cache:6379") }, "failed");
  expect(lines.join("")).not.toContain("hunter2");
  expect(lines[0]).toContain("postgres://rowlock:[redacted]@127.0.0.1:5432/x");
});

test("ordinary fields stay what they are", () => {
  const { log, first } = capture();
  log.info(
    {
      orderId: "ord_1",
      amount: 12n,
      when: new Date(0),
      none: null,
      list: [1, "a"],
      bytes: new Uint8Array(3),
    },
    "placed",
  );
  expect(first()).toMatchObject({
    level: "info",
    msg: "placed",
    orderId: "ord_1",
    amount: "12",
    when: "1970-01-01T00:00:00.000Z",
    none: null,
    list: [1, "a"],
    bytes: "[3 bytes]",
  });
});

test("an error keeps its type, message and stack", () => {
  const { log, first } = capture();
  log.error({ err: new TypeError("broken") }, "failed");
  expect(first().err).toMatchObject({
    type: "TypeError",
    message: "broken",
    stack: expect.stringContaining("log.test.ts"),
  });
});

test("the caller's object is not changed, and is not copied without need", () => {
  const secret = { a: { token: "t" } };
  expect(redact(secret)).toEqual({ a: { token: REDACTED } });
  expect(secret.a.token).toBe("t");
  const plain = { a: { b: [1] } };
  expect(redact(plain)).toBe(plain);
});

test("an object that contains itself ends", () => {
  const loop: Record<string, unknown> = { token: "t" };
  loop.self = loop;
  expect(JSON.stringify(redact(loop))).not.toContain('"t"');
});

test("lines below the level are not written; pretty lines are text", () => {
  const quiet = capture({ level: "warn" });
  quiet.log.info("hidden");
  expect(quiet.lines).toEqual([]);
  const pretty = capture({ pretty: true });
  pretty.log.info({ token: "s3cret" }, "hello");
  expect(pretty.lines.join("")).toContain("hello");
  expect(pretty.lines.join("")).not.toContain("s3cret");
});

test.each([
  "2026-11-21T09:08:07.000Z",
  "2026-11-21T09:08:07.006Z",
  "2026-11-21T09:08:07.065Z",
  "1999-12-31T23:59:59.999Z",
])("a line has the time in UTC: %s", (time) => {
  const { log, lines } = capture();
  vi.setSystemTime("2000-01-01T00:00:00.123Z");
  log.info("before");
  vi.setSystemTime(time);
  log.info("then");
  vi.useRealTimers();
  expect(JSON.parse(lines[1] ?? "{}")).toMatchObject({ time });
});
