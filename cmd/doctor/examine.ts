import { access, constants, mkdir } from "node:fs/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { tellingEvents } from "../../services/payment/apply-event.ts";
import type { Config } from "../start/config.ts";
import { isLocalUrl } from "../start/config.ts";
import { demoWarehouse } from "../start/provider-config.ts";
import { askSendgrid, askShippo, askStripe, askTwilio, type KeyState, type Question } from "./ask-vendors.ts";

/** One thing that was looked at. A problem stands in the way of selling; a warning is to be known. */
export interface Finding {
  level: "ok" | "warning" | "problem";
  subject: string;
  text: string;
}

/** Where the vendors are asked; their own addresses when not given. */
export type VendorUrls = Partial<Record<"Stripe" | "Shippo" | "SendGrid" | "Twilio", string>>;

const timeoutMs = 10_000;
/** The oldest Postgres that the schemas work on. */
const oldestPostgres = 15;

/** Looks at all that a shop of this configuration needs. Changes nothing, and tells no secret. */
export async function examine(config: Config, vendorUrls: VendorUrls = {}): Promise<Finding[]> {
  const findings = await Promise.all([
    examineFolder(config),
    examinePostgres(config),
    examineRedis(config),
    ...vendorsOf(config).map((vendor) => examineVendor(vendor, { config, baseUrl: vendorUrls[vendor.name] })),
  ]);
  return [...findings.flat(), ...examineAddresses(config), ...examineKeys(config)];
}

async function examineFolder({ dataDir }: Config): Promise<Finding[]> {
  const subject = "Data folder";
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
    return [{ level: "ok", subject, text: dataDir }];
  } catch (err) {
    return [{ level: "problem", subject, text: `${dataDir} cannot be written: ${messageOf(err)}` }];
  }
}

async function examinePostgres({ databaseUrl }: Config): Promise<Finding[]> {
  const subject = "Postgres";
  if (databaseUrl === "") {
    const text =
      "embedded, in the data folder: one machine, and its backups are yours; DATABASE_URL names another";
    return [{ level: "warning", subject, text }];
  }
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: timeoutMs });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number; creates: boolean }>(`
      select current_setting('server_version_num')::int / 10000 as version,
        has_database_privilege(current_database(), 'create')
          and (select rolcreaterole or rolsuper from pg_roles where rolname = current_user) as creates`);
    const { version = 0, creates = false } = rows[0] ?? {};
    if (version < oldestPostgres) {
      return [
        { level: "problem", subject, text: `version ${version} is too old: ${oldestPostgres} or later` },
      ];
    }
    if (!creates) {
      const text = "its user may make no schemas and roles, which each service has of its own";
      return [{ level: "problem", subject, text }];
    }
    return [{ level: "ok", subject, text: `version ${version} answers` }];
  } catch (err) {
    return [{ level: "problem", subject, text: `does not answer: ${messageOf(err)}` }];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function examineRedis({ redisUrl }: Config): Promise<Finding[]> {
  const subject = "Redis";
  if (redisUrl === "")
    return [{ level: "ok", subject, text: "not used: carts live in Postgres, limits in each process" }];
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on("error", () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return [{ level: "ok", subject, text: "answers" }];
  } catch (err) {
    return [{ level: "problem", subject, text: `does not answer: ${messageOf(err)}` }];
  } finally {
    redis.disconnect();
  }
}

/** A vendor as the configuration has it. */
interface Vendor {
  name: keyof VendorUrls;
  variable: string;
  key: string;
  ask: (question: Question) => Promise<KeyState>;
  /** Whether the key moves no real money, parcel or message; undefined when keys do not say. */
  isTest?: boolean;
  /** What the sandbox may have, and a real account may not. */
  demo?: string | undefined;
  /** Where its webhooks go, and what verifies them; undefined when they need no secret. */
  webhook: { path: string; variable?: string; secret: string; events: string };
}

function vendorsOf(config: Config): Vendor[] {
  const { shipFrom, twilioAccountSid } = config;
  return [
    {
      name: "Stripe",
      variable: "STRIPE_SECRET_KEY",
      key: config.stripeSecretKey,
      ask: askStripe,
      isTest: /^.k_test_/.test(config.stripeSecretKey),
      webhook: {
        path: "/v1/webhooks/stripe",
        variable: "STRIPE_WEBHOOK_SECRET",
        secret: config.stripeWebhookSecret,
        events: tellingEvents.join(", "),
      },
    },
    {
      name: "Shippo",
      variable: "SHIPPO_API_KEY",
      key: config.shippoApiKey,
      ask: askShippo,
      isTest: config.shippoApiKey.includes("shippo_test_"),
      demo: demoWarehouse.startsWith(shipFrom.name) ? "ROWLOCK_SHIP_FROM is the demo's warehouse" : undefined,
      webhook: {
        path: "/v1/webhooks/shippo?token=…",
        variable: "SHIPPO_WEBHOOK_TOKEN",
        secret: config.shippoWebhookToken,
        events: "transaction_created, transaction_updated, track_updated",
      },
    },
    {
      name: "SendGrid",
      variable: "SENDGRID_API_KEY",
      key: config.sendgridApiKey,
      ask: askSendgrid,
      demo: config.mailFrom.endsWith("@example.com") ? "ROWLOCK_MAIL_FROM is nobody's address" : undefined,
      webhook: {
        path: "/v1/webhooks/sendgrid",
        variable: "SENDGRID_WEBHOOK_PUBLIC_KEY",
        secret: config.sendgridWebhookPublicKey,
        events: "delivered, bounce, dropped, spamreport",
      },
    },
    {
      name: "Twilio",
      variable: "TWILIO_ACCOUNT_SID",
      key: config.twilioAuthToken,
      ask: (question) => askTwilio({ ...question, accountSid: twilioAccountSid }),
      demo: config.smsFrom === "+15005550006" ? "ROWLOCK_SMS_FROM is Twilio's test number" : undefined,
      webhook: {
        path: "/v1/webhooks/twilio",
        secret: config.twilioAuthToken,
        events: "named with each message",
      },
    },
  ];
}

async function examineVendor(
  { name: subject, variable, key, ask, isTest, demo, webhook }: Vendor,
  { config, baseUrl }: { config: Config; baseUrl: string | undefined },
): Promise<Finding[]> {
  if (key === "") {
    return [
      {
        level: "warning",
        subject,
        text: `played by the sandbox: nothing real happens; ${variable} is not set`,
      },
    ];
  }
  if (key === "none") return [{ level: "ok", subject, text: "not used" }];
  const findings: Finding[] = [];
  const state = await ask({ apiKey: key, baseUrl, timeoutMs });
  if (state === "refused")
    findings.push({ level: "problem", subject, text: `refuses the key in ${variable}` });
  else if (state === "no answer") findings.push({ level: "problem", subject, text: "does not answer" });
  else if (isTest)
    findings.push({
      level: "warning",
      subject,
      text: "knows the key, which is one for tests: nothing real happens",
    });
  else findings.push({ level: "ok", subject, text: "knows the key" });
  if (demo !== undefined) findings.push({ level: "problem", subject, text: demo });
  const address = `${config.publicUrl}${webhook.path}`;
  findings.push(
    webhook.secret === ""
      ? {
          level: "warning",
          subject,
          text: `its news are refused: register ${address} (${webhook.events}) and set ${webhook.variable}`,
        }
      : { level: "ok", subject, text: `its news are expected at ${address} (${webhook.events})` },
  );
  return findings;
}

function examineAddresses(config: Config): Finding[] {
  const { publicUrl, origins, legacyOpen } = config;
  const subject = "Public address";
  const findings: Finding[] = [];
  const isReal = vendorsOf(config).some(({ key, isTest }) => key !== "" && key !== "none" && isTest !== true);
  if (isLocalUrl(publicUrl)) {
    const text = `${publicUrl} is reached from this machine alone: set ROWLOCK_PUBLIC_URL`;
    findings.push({ level: isReal ? "problem" : "warning", subject, text });
  } else if (!publicUrl.startsWith("https://")) {
    findings.push({
      level: "problem",
      subject,
      text: `${publicUrl} is not encrypted: put https in front of the gateway`,
    });
  } else {
    findings.push({ level: "ok", subject, text: publicUrl });
  }
  if (!isLocalUrl(publicUrl) && origins.includes("*")) {
    findings.push({ level: "warning", subject, text: "ROWLOCK_ORIGINS lets pages of any origin call" });
  }
  if (legacyOpen) {
    const text =
      "ROWLOCK_LEGACY_OPEN opens staff's business in the older APIs to whoever reaches the gateway";
    findings.push({ level: isLocalUrl(publicUrl) ? "warning" : "problem", subject, text });
  }
  return findings;
}

function examineKeys({ staffKey, serviceKey, addresses }: Config): Finding[] {
  const subject = "Own keys";
  const apart = Object.keys(addresses).length > 0;
  if (serviceKey === "" && apart) {
    const text = "ROWLOCK_SERVICE_KEY must be the same in all processes: set it";
    return [{ level: "problem", subject, text }];
  }
  const kept = [staffKey === "" && "ROWLOCK_STAFF_KEY", serviceKey === "" && "ROWLOCK_SERVICE_KEY"].filter(
    Boolean,
  );
  if (kept.length === 0) return [{ level: "ok", subject, text: "set" }];
  return [
    {
      level: "warning",
      subject,
      text: `${kept.join(" and ")} unset: made at the first start, kept in the data folder`,
    },
  ];
}

/** The first line: what follows may name the address with its password. */
function messageOf(err: unknown): string {
  const { message = "", code } = err as { message?: string; code?: string };
  return message.split("\n")[0] || code || "an unknown failure";
}
