import type { SignInProviders } from "../../gateway/auth/index.ts";
import { isNetwork } from "../../gateway/front/client-address.ts";
import { isOrigin } from "../../gateway/front/origins.ts";
import { CURRENCY_DIGITS } from "../../lib/money/currencies.ts";
import { type LogLevel, logLevels } from "../../lib/telemetry/log.ts";
import { type ProviderConfig, readProviders } from "./provider-config.ts";
import { listOf, readSignIn } from "./sign-in-config.ts";

/** What a process hosts unless its command line names something. */
export const partNames = [
  "catalog",
  "inventory",
  "promotion",
  "tax",
  "cart",
  "order",
  "payment",
  "shipping",
  "notify",
  "customer",
  "webhook",
  "gateway",
] as const;

/** A service, or the gateway. */
export type PartName = (typeof partNames)[number];

/** What a command line can name: parts, and the sandbox, when several processes are to share one. */
export const hostedNames = [...partNames, "sandbox"] as const;

/** A part, or the sandbox. */
export type HostedName = (typeof hostedNames)[number];

/** The older shops' APIs that the gateway speaks besides its own. */
export const legacyNames = [
  "cart-orchestrator",
  "online-store",
  "order-management",
  "pycom",
  "micro-services",
] as const;

/** What a process needs to know, read once at its start. */
export interface Config extends ProviderConfig {
  /** What to host: all parts unless the command line names something. */
  parts: readonly HostedName[];
  /** Address that both ports listen on. */
  host: string;
  httpPort: number;
  grpcPort: number;
  sandboxPort: number;
  dataDir: string;
  /** Empty: embedded Postgres on the data folder. */
  databaseUrl: string;
  /** Empty: carts live in Postgres. */
  redisUrl: string;
  /** Connections to Postgres per service. */
  poolSize: number;
  /** Milliseconds that a starting process waits for its Postgres and its Redis. */
  startPatienceMs: number;
  /** Where parts that are not in this process listen, as gRPC names. */
  addresses: Partial<Record<PartName, string>>;
  /** Empty: one is made and kept in the data folder. */
  staffKey: string;
  /** Separated by commas: the first signs, all verify. Empty: one is made and kept in the data folder. */
  serviceKey: string;
  /** Who vouches for customers besides their password. */
  signIn: SignInProviders;
  /** Origins of storefronts, whose pages may call the gateway and are returned to from a sign-in. */
  origins: readonly string[];
  /**
   * The sandbox of another process; empty: this process starts one when a key is missing. For the process that
   * hosts the sandbox: where buyers reach it, for the labels' links; empty: where it listens.
   */
  sandboxUrl: string;
  /** Milliseconds that goods are held for an unpaid order. */
  holdMs: number;
  /** Milliseconds that a buyer has for a bank transfer. */
  transferMs: number;
  /** By bank, the digits with which the account numbers begin that it gives the shop's buyers. */
  accountPrefixes: Readonly<Record<string, string>>;
  /** Where the gateway is reached from outside, for links. */
  publicUrl: string;
  /** Where the shop's pages show an order, for links in messages, with `{order_id}` for its id; empty: nowhere. */
  orderUrl: string;
  /** Where the sandbox that this process hosts reaches the gateway, for webhooks; empty: it sends none. */
  webhookUrl: string;
  /** Addresses and networks of proxies that are believed when they say who the client is. */
  trustedProxies: readonly string[];
  /** Whether events are also told to `http://` and to addresses that are not public. */
  webhookPrivate: boolean;
  /** Requests a minute of one guest or customer; this and the other limits: 0 is no limit. */
  rateLimit: number;
  /** Requests a minute with one API key. */
  keyRateLimit: number;
  /** Requests a minute from one address. */
  addressRateLimit: number;
  /** Sign-ins a minute at one account from one address. */
  signInRateLimit: number;
  /** Names of the older shops' APIs that the gateway speaks. */
  legacy: readonly string[];
  /** Whether what is staff's business in them is open to everybody. */
  legacyOpen: boolean;
  /** ISO 4217 code of their prices; empty: each has its own. */
  legacyCurrency: string;
  logLevel: LogLevel;
  /** Whether an empty shop gets a few products to try it out. */
  demo: boolean;
}

/** What is wrong with the command line or the environment, one line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** The configuration once the HTTP port is known: the links of a process that was told to take any name it. */
export function withHttpPort(config: Config, port: number): Config {
  const known = (url: string) => url.replace(/:0$/, `:${port}`);
  return { ...config, publicUrl: known(config.publicUrl), webhookUrl: known(config.webhookUrl) };
}

/** While a shop is being built, storefronts run beside it on ports of their own. */
const localOrigins = "http://localhost:*,http://127.0.0.1:*";

/** Whether an address is of this machine alone. */
export function isLocalUrl(url: string): boolean {
  return /^https?:\/\/(?:localhost|127\.0\.0\.1)(?:[:/]|$)/.test(url);
}

/** Requests a minute. */
const anyLimit = [0, 1_000_000_000] as const;

/** Without a slash at its end. */
function urlOf(text: string): string {
  return text.replace(/\/+$/, "");
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the command line (`[PART…]`) and the environment.
 *
 * @throws ConfigError naming every problem at once.
 */
export function readConfig({ args, env }: { args: readonly string[]; env: Env }): Config {
  const problems: string[] = [];
  const text = (name: string, otherwise = "") => env[name]?.trim() || otherwise;
  const number = (name: string, otherwise: number, [min, max]: readonly [number, number]) => {
    const value = Number(text(name, String(otherwise)));
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    problems.push(`${name} must be a whole number from ${min} to ${max}`);
    return otherwise;
  };
  const list = (
    name: string,
    otherwise: string,
    [isValid, like]: readonly [(entry: string) => boolean, string],
  ) => {
    const values = listOf(text(name, otherwise));
    if (!values.every(isValid)) problems.push(`${name} must be a list such as ${like}`);
    return values;
  };
  const parts = args.map((arg) => hostedNames.find((name) => name === arg));
  args.forEach((arg, i) => {
    if (parts[i] === undefined)
      problems.push(`there is no part "${arg}"; there are: ${hostedNames.join(", ")}`);
  });
  const level = text("ROWLOCK_LOG_LEVEL", "info");
  const logLevel = logLevels.find((name) => name === level);
  if (logLevel === undefined) problems.push(`ROWLOCK_LOG_LEVEL must be one of ${logLevels.join(", ")}`);
  const httpPort = number("PORT", 8080, [0, 65535]);
  const port = [0, 65535] as const;
  const ownUrl = `http://127.0.0.1:${httpPort}`;
  const publicUrl = urlOf(text("ROWLOCK_PUBLIC_URL", ownUrl));
  const hosted: readonly HostedName[] =
    args.length === 0 ? partNames : parts.filter((part) => part !== undefined);
  const hosts = (part: HostedName) => hosted.includes(part);
  const prefixes = list("ROWLOCK_ACCOUNT_PREFIXES", "", [
    (entry) => /^[A-Z][A-Z0-9_]{1,31}=\d{1,10}$/.test(entry),
    "BCA_VA=8808,BNI_VA=9881",
  ]);
  const config: Config = {
    parts: hosted,
    host: text("ROWLOCK_HOST", "127.0.0.1"),
    httpPort,
    grpcPort: number("GRPC_PORT", 50051, port),
    sandboxPort: number("ROWLOCK_SANDBOX_PORT", 8090, port),
    dataDir: text("ROWLOCK_DATA_DIR", ".rowlock"),
    databaseUrl: text("DATABASE_URL"),
    redisUrl: text("REDIS_URL"),
    poolSize: number("ROWLOCK_POOL_SIZE", 8, [1, 500]),
    startPatienceMs: number("ROWLOCK_START_WAIT_SECONDS", 60, [0, 3_600]) * 1000,
    addresses: Object.fromEntries(
      partNames.flatMap((name) => {
        const address = text(`ROWLOCK_${name.toUpperCase()}_ADDR`);
        return address === "" ? [] : [[name, address]];
      }),
    ),
    staffKey: text("ROWLOCK_STAFF_KEY"),
    serviceKey: text("ROWLOCK_SERVICE_KEY"),
    signIn: readSignIn(text, problems),
    origins: list("ROWLOCK_ORIGINS", isLocalUrl(publicUrl) ? localOrigins : "", [
      isOrigin,
      "https://shop.example,http://localhost:*",
    ]),
    ...readProviders(text, problems),
    sandboxUrl: text("ROWLOCK_SANDBOX_URL"),
    holdMs: number("ROWLOCK_HOLD_MINUTES", 15, [1, 60 * 24]) * 60_000,
    transferMs: number("ROWLOCK_TRANSFER_HOURS", 24, [1, 24 * 30]) * 3_600_000,
    accountPrefixes: Object.fromEntries(prefixes.map((entry) => entry.split("=") as [string, string])),
    publicUrl,
    orderUrl: text("ROWLOCK_ORDER_URL"),
    webhookUrl: urlOf(text("ROWLOCK_WEBHOOK_URL", hosts("gateway") ? ownUrl : text("ROWLOCK_PUBLIC_URL"))),
    trustedProxies: list("ROWLOCK_TRUSTED_PROXIES", "", [isNetwork, "10.0.0.0/8,::1"]),
    webhookPrivate: text("ROWLOCK_WEBHOOK_PRIVATE") === "true",
    rateLimit: number("ROWLOCK_RATE_LIMIT", 1_200, anyLimit),
    keyRateLimit: number("ROWLOCK_KEY_RATE_LIMIT", 0, anyLimit),
    addressRateLimit: number("ROWLOCK_ADDRESS_RATE_LIMIT", 1_000_000, anyLimit),
    signInRateLimit: number("ROWLOCK_SIGN_IN_RATE_LIMIT", 10, anyLimit),
    legacy: readLegacy(text("ROWLOCK_LEGACY", legacyNames.join()), problems),
    legacyOpen: text("ROWLOCK_LEGACY_OPEN") === "true",
    legacyCurrency: text("ROWLOCK_LEGACY_CURRENCY"),
    logLevel: logLevel ?? "info",
    demo: text("ROWLOCK_DEMO", "true") !== "false",
  };
  if (config.legacyCurrency !== "" && !CURRENCY_DIGITS.has(config.legacyCurrency)) {
    problems.push("ROWLOCK_LEGACY_CURRENCY must be an ISO 4217 code such as USD");
  }
  if (config.databaseUrl !== "" && !/^postgres(ql)?:\/\/./.test(config.databaseUrl)) {
    problems.push("DATABASE_URL must look like postgres://user:password@host:5432/database");
  }
  if (config.webhookUrl !== "" && !/^https?:\/\/./.test(config.webhookUrl)) {
    problems.push("ROWLOCK_WEBHOOK_URL must look like http://gateway:8080");
  }
  if (!/^https?:\/\/./.test(config.publicUrl) || !URL.canParse(config.publicUrl)) {
    problems.push("ROWLOCK_PUBLIC_URL must look like https://shop.example");
  }
  if (config.orderUrl !== "" && !/^https?:\/\/.*\{order_id\}/.test(config.orderUrl)) {
    problems.push("ROWLOCK_ORDER_URL must look like https://shop.example/orders/{order_id}");
  }
  if (config.redisUrl !== "" && !/^rediss?:\/\/./.test(config.redisUrl)) {
    problems.push("REDIS_URL must look like redis://host:6379");
  }
  if (config.staffKey !== "" && config.staffKey.length < 16) {
    problems.push("ROWLOCK_STAFF_KEY must have at least 16 characters");
  }
  if (listOf(config.serviceKey).some((key) => key.length < 32)) {
    problems.push("ROWLOCK_SERVICE_KEY must have at least 32 characters, each of several");
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function readLegacy(text: string, problems: string[]): string[] {
  const names = listOf(text).filter((name) => name !== "none");
  const wrong = names.find((name) => !legacyNames.some((known) => known === name));
  if (wrong !== undefined) {
    problems.push(`ROWLOCK_LEGACY cannot have "${wrong}"; there are: ${legacyNames.join(", ")}, none`);
  }
  return names;
}
