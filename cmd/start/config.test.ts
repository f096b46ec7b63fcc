import { expect, test } from "vitest";
import { ConfigError, legacyNames, partNames, readConfig, withHttpPort } from "./config.ts";

const read = (env: Record<string, string>, args: string[] = []) => readConfig({ args, env });

test("without arguments every part is hosted, but the sandbox only as a thread", () => {
  const { parts } = read({});
  expect(parts).toEqual(partNames);
});

test("a bank's account numbers begin as is said", () => {
  const { accountPrefixes } = read({ ROWLOCK_ACCOUNT_PREFIXES: "BCA_VA=8808, BNI_VA=9881" });
  expect(accountPrefixes).toEqual({ BCA_VA: "8808", BNI_VA: "9881" });
});

test("named parts are hosted, in the order named, and the others have addresses", () => {
  const config = read({ ROWLOCK_CART_ADDR: "dns:///cart:50051" }, ["order", "payment"]);
  expect(config.parts).toEqual(["order", "payment"]);
  expect(config.addresses).toEqual({ cart: "dns:///cart:50051" });
});

test.each<[string, Record<string, string>, string[], string]>([
  ["a port that is no number", { PORT: "abc" }, [], "PORT must be"],
  ["a port beyond the last", { GRPC_PORT: "65536" }, [], "GRPC_PORT must be"],
  ["an unknown part", {}, ["orders"], 'there is no part "orders"'],
  ["a database that is none", { DATABASE_URL: "nonsense" }, [], "DATABASE_URL must look like"],
  [
    "an order's page of no order",
    { ROWLOCK_ORDER_URL: "https://shop.example/orders" },
    [],
    "ROWLOCK_ORDER_URL must look like",
  ],
  ["a Redis that is none", { REDIS_URL: "localhost" }, [], "REDIS_URL must look like"],
  ["a webhook secret that is none", { STRIPE_WEBHOOK_SECRET: "sk_test_1" }, [], "STRIPE_WEBHOOK_SECRET must"],
  ["a gateway that is no address", { ROWLOCK_WEBHOOK_URL: "gateway" }, [], "ROWLOCK_WEBHOOK_URL must"],
  ["a staff key that can be guessed", { ROWLOCK_STAFF_KEY: "short" }, [], "ROWLOCK_STAFF_KEY must have"],
  ["a service key that can be guessed", { ROWLOCK_SERVICE_KEY: "short" }, [], "ROWLOCK_SERVICE_KEY must"],
  [
    "an origin with a path",
    { ROWLOCK_ORIGINS: "https://shop.example/" },
    [],
    "ROWLOCK_ORIGINS must be a list",
  ],
  ["a proxy by name", { ROWLOCK_TRUSTED_PROXIES: "10.0.0.1,proxy" }, [], "ROWLOCK_TRUSTED_PROXIES must be"],
  [
    "a public address without a scheme",
    { ROWLOCK_PUBLIC_URL: "shop.example" },
    [],
    "ROWLOCK_PUBLIC_URL must",
  ],
  ["a bank's method that is none", { ROWLOCK_STRIPE_TRANSFERS: "sepa" }, [], "ROWLOCK_STRIPE_TRANSFERS must"],
  [
    "a country without accounts for transfers",
    { ROWLOCK_STRIPE_TRANSFER_COUNTRY: "US" },
    [],
    "ROWLOCK_STRIPE_TRANSFER_COUNTRY must be DE, FR, IE or NL",
  ],
  ["a bank without digits", { ROWLOCK_ACCOUNT_PREFIXES: "BCA_VA=x" }, [], "ROWLOCK_ACCOUNT_PREFIXES must be"],
  ["a limit below none", { ROWLOCK_RATE_LIMIT: "-1" }, [], "ROWLOCK_RATE_LIMIT must be"],
  ["an older shop's API that there is not", { ROWLOCK_LEGACY: "pycom,shop" }, [], 'cannot have "shop"'],
  ["a currency that is none", { ROWLOCK_LEGACY_CURRENCY: "rupiah" }, [], "ROWLOCK_LEGACY_CURRENCY must"],
  ["half a Twilio account", { TWILIO_ACCOUNT_SID: `AC${"0".repeat(32)}` }, [], "go together"],
  [
    "an account that is none",
    { TWILIO_ACCOUNT_SID: "AC1", TWILIO_AUTH_TOKEN: "t" },
    [],
    "TWILIO_ACCOUNT_SID must",
  ],
  [
    "a publishable key",
    { STRIPE_SECRET_KEY: "pk_test_12345678" },
    [],
    "STRIPE_SECRET_KEY must look like sk_test_",
  ],
  ["a key of another vendor", { SENDGRID_API_KEY: "sk_test_12345678" }, [], "SENDGRID_API_KEY must"],
  ["half a key", { SHIPPO_API_KEY: "shippo_test_" }, [], "SHIPPO_API_KEY must"],
  ["a sender that is no address", { ROWLOCK_MAIL_FROM: "shop" }, [], "ROWLOCK_MAIL_FROM must be"],
  ["a number without its country", { ROWLOCK_SMS_FROM: "0123456" }, [], "ROWLOCK_SMS_FROM must be"],
  [
    "a warehouse without a country",
    { ROWLOCK_SHIP_FROM: "Shop; 1 Main St; Portland" },
    [],
    "ROWLOCK_SHIP_FROM must",
  ],
  ["a log level that is none", { ROWLOCK_LOG_LEVEL: "loud" }, [], "ROWLOCK_LOG_LEVEL must be"],
])("%s is refused", (_what, env, args, message) => {
  expect(() => read(env, args)).toThrow(ConfigError);
  expect(() => read(env, args)).toThrow(message);
});

test.each<[string, Record<string, string>, string[], string]>([
  ["the gateway beside it", { PORT: "7000" }, [], "http://127.0.0.1:7000"],
  ["what it was told", { ROWLOCK_WEBHOOK_URL: "http://gw:1/" }, [], "http://gw:1"],
  [
    "the public address, apart from the gateway",
    { ROWLOCK_PUBLIC_URL: "https://a.test" },
    ["sandbox"],
    "https://a.test",
  ],
  ["nobody, apart and alone", {}, ["sandbox"], ""],
])("the sandbox sends its webhooks to %s", (_what, env, args, url) => {
  expect(read(env, args).webhookUrl).toBe(url);
});

test.each<[string, Record<string, string>, string[]]>([
  ["on this machine, for storefronts being built", {}, ["http://localhost:*", "http://127.0.0.1:*"]],
  ["none once the shop is public", { ROWLOCK_PUBLIC_URL: "https://shop.example" }, []],
  ["those that are listed", { ROWLOCK_ORIGINS: "https://a.example, *" }, ["https://a.example", "*"]],
])("pages of other origins may call: %s", (_why, env, origins) => {
  expect(read(env).origins).toEqual(origins);
});

test.each<[string, Record<string, string>, readonly string[]]>([
  ["all", {}, legacyNames],
  ["those that are named", { ROWLOCK_LEGACY: "pycom, online-store" }, ["pycom", "online-store"]],
  ["none", { ROWLOCK_LEGACY: "none" }, []],
])("of the older shops' APIs are served: %s", (_which, env, legacy) => {
  expect(read(env).legacy).toEqual(legacy);
});

test("a port that the system chose is in the links once it is known", () => {
  const config = withHttpPort(read({ PORT: "0", ROWLOCK_PUBLIC_URL: "https://shop.test" }), 7001);
  expect([config.publicUrl, config.webhookUrl]).toEqual(["https://shop.test", "http://127.0.0.1:7001"]);
});

test("all problems are told at once", () => {
  expect(() => read({ PORT: "x", DATABASE_URL: "y" })).toThrow(/PORT[\s\S]*DATABASE_URL/);
});

test("a key that is refused is not told", () => {
  const key = "pk_live_not_a_real_key";
  const message = (() => {
    try {
      read({ STRIPE_SECRET_KEY: key });
      return "";
    } catch (err) {
      return String(err);
    }
  })();
  expect(message).toContain("STRIPE_SECRET_KEY");
  expect(message).not.toContain(key);
});

test("parcels are sent from where the configuration says; a country may have no states", () => {
  const { shipFrom } = read({
    ROWLOCK_SHIP_FROM: "Toko Rowlock; Jl. Sudirman 1; Jakarta; ; 10220; ID",
    ROWLOCK_MAIL_FROM: "toko@rowlock.example",
  });
  expect(shipFrom).toEqual({
    name: "Toko Rowlock",
    line1: "Jl. Sudirman 1",
    city: "Jakarta",
    state: "",
    postalCode: "10220",
    countryCode: "ID",
    phone: "",
    email: "toko@rowlock.example",
  });
});
