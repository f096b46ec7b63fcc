import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { examine } from "../cmd/doctor/examine.ts";
import { readConfig } from "../cmd/start/config.ts";
import { emptyDatabase } from "../lib/testing/postgres.ts";
import { type Answer, deadUrl, json, malformed, page, startVendorServer } from "./providers/vendor-server.ts";

let dataDir: string;
let database: Awaited<ReturnType<typeof emptyDatabase>>;
let server: Awaited<ReturnType<typeof startVendorServer>>;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "rowlock-doctor-"));
  database = await emptyDatabase();
  server = await startVendorServer();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

/** What the doctor says, by subject, each line with its level before it. */
async function seen(env: Record<string, string>, { dead = false } = {}): Promise<Record<string, string[]>> {
  const url = dead ? await deadUrl() : server.url;
  const config = readConfig({ args: [], env: { ROWLOCK_DATA_DIR: dataDir, ...env } });
  const findings = await examine(config, { Stripe: url, Shippo: url, SendGrid: url, Twilio: url });
  const said: Record<string, string[]> = {};
  for (const { level, subject, text } of findings) (said[subject] ??= []).push(`${level}: ${text}`);
  return said;
}

const keys = {
  STRIPE_SECRET_KEY: "sk_live_not_a_real_key",
  SHIPPO_API_KEY: "shippo_live_not_a_real_key",
  SENDGRID_API_KEY: "SG.not_a_real_key",
  TWILIO_ACCOUNT_SID: `AC${"0".repeat(32)}`,
  TWILIO_AUTH_TOKEN: "not_a_real_token",
};
const vendors = ["Stripe", "Shippo", "SendGrid", "Twilio"] as const;

test("of an empty environment everything is said to be for trying out, and nothing is wrong", async () => {
  const said = await seen({});
  expect(Object.values(said).flat().join("\n")).not.toContain("problem:");
  for (const vendor of vendors) expect(said[vendor]?.[0]).toMatch(/^warning: played by the sandbox/);
  expect(said["Data folder"]).toEqual([`ok: ${dataDir}`]);
});

describe.each(vendors)("%s", (vendor) => {
  test.each<[string, Answer, RegExp]>([
    ["knows the key", json(200, {}), /^ok: knows the key$/],
    ["answers what the SDK does not expect", malformed, /^(ok: knows the key|problem: does not answer)$/],
    [
      "does not know the key",
      json(401, { error: { message: "No." }, code: 20003 }),
      /^problem: refuses the key in /,
    ],
    ["is out of order", page(500), /^problem: does not answer$/],
  ])("%s", async (_, answer, want) => {
    server.answer(answer);
    expect((await seen(keys))[vendor]?.[0]).toMatch(want);
  });

  test("is not there", async () => {
    expect((await seen(keys, { dead: true }))[vendor]?.[0]).toBe("problem: does not answer");
  });
});

test("keys for tests move nothing, and are said to be such", async () => {
  server.answer(json(200, {}));
  const said = await seen({
    STRIPE_SECRET_KEY: "sk_test_not_a_real_key",
    SHIPPO_API_KEY: "shippo_test_not_a_real_key",
  });
  for (const vendor of ["Stripe", "Shippo"]) expect(said[vendor]?.[0]).toMatch(/^warning: .* for tests/);
});

test("a shop without a carrier has nobody to be asked", async () => {
  expect(await seen({ SHIPPO_API_KEY: "none" })).toMatchObject({ Shippo: ["ok: not used"] });
});

test("a shop that goes live is told of the demo's addresses, and where its news are to be registered", async () => {
  server.answer(json(200, {}));
  const said = await seen({ ...keys, ROWLOCK_PUBLIC_URL: "https://shop.example" });
  expect(said["Shippo"]).toContain("problem: ROWLOCK_SHIP_FROM is the demo's warehouse");
  expect(said["SendGrid"]).toContain("problem: ROWLOCK_MAIL_FROM is nobody's address");
  expect(said["Twilio"]).toContain("problem: ROWLOCK_SMS_FROM is Twilio's test number");
  expect(said["Stripe"]?.join("\n")).toMatch(
    /warning: its news are refused: register https:\/\/shop\.example\/v1\/webhooks\/stripe \(.*\) and set STRIPE_WEBHOOK_SECRET/,
  );
  expect(said["Public address"]).toEqual(["ok: https://shop.example"]);
});

test("a shop that is ready has nothing in the way", async () => {
  server.answer(json(200, {}));
  const said = await seen({
    ...keys,
    DATABASE_URL: database.url,
    ROWLOCK_PUBLIC_URL: "https://shop.example",
    ROWLOCK_SHIP_FROM: "Shop; 1 Main St; Portland; OR; 97201; US",
    ROWLOCK_MAIL_FROM: "shop@shop.example",
    ROWLOCK_SMS_FROM: "+14155550100",
    STRIPE_WEBHOOK_SECRET: "whsec_something",
    SHIPPO_WEBHOOK_TOKEN: "token",
    SENDGRID_WEBHOOK_PUBLIC_KEY: "key",
    ROWLOCK_STAFF_KEY: "s".repeat(32),
    ROWLOCK_SERVICE_KEY: "k".repeat(32),
  });
  expect(
    Object.values(said)
      .flat()
      .filter((line) => !line.startsWith("ok: ")),
  ).toEqual([]);
});

test.each<[string, Record<string, string>, string, RegExp]>([
  ["a live key behind a local address", keys, "Public address", /^problem: .* set ROWLOCK_PUBLIC_URL/],
  [
    "an address without https",
    { ROWLOCK_PUBLIC_URL: "http://shop.example" },
    "Public address",
    /^problem: .*https/,
  ],
  [
    "pages of any origin",
    { ROWLOCK_PUBLIC_URL: "https://shop.example", ROWLOCK_ORIGINS: "*" },
    "Public address",
    /^warning: ROWLOCK_ORIGINS/,
  ],
  [
    "older APIs open to all",
    { ROWLOCK_PUBLIC_URL: "https://shop.example", ROWLOCK_LEGACY_OPEN: "true" },
    "Public address",
    /^problem: ROWLOCK_LEGACY_OPEN/,
  ],
  [
    "parts apart without a common key",
    { ROWLOCK_CART_ADDR: "cart:50051" },
    "Own keys",
    /^problem: ROWLOCK_SERVICE_KEY/,
  ],
  [
    "a Postgres that is away",
    { DATABASE_URL: "postgres://u:secret@127.0.0.1:1/db" },
    "Postgres",
    /^problem: does not answer: (?!.*secret)/,
  ],
  [
    "a Redis that is away",
    { REDIS_URL: "redis://:secret@127.0.0.1:1" },
    "Redis",
    /^problem: does not answer: (?!.*secret)/,
  ],
])("%s", async (_, env, subject, want) => {
  server.answer(json(200, {}));
  expect((await seen(env))[subject]?.filter((line) => want.test(line))).toHaveLength(1);
});

test("a data folder that cannot be one", async () => {
  const file = join(dataDir, "file");
  await writeFile(file, "");
  expect((await seen({ ROWLOCK_DATA_DIR: file }))["Data folder"]?.[0]).toMatch(
    /^problem: .* cannot be written/,
  );
});

test("no key is told", async () => {
  server.answer(json(401, {}));
  const said = JSON.stringify(await seen(keys));
  for (const key of Object.values(keys)) expect(said).not.toContain(key);
});
