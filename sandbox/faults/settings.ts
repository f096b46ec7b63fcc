import { isObject } from "../json.ts";

/** `_before`: nothing happened. `_after`: it was carried out, and the answer is lost. */
export const FAULT_KINDS = [
  "error_before",
  "error_after",
  "timeout_before",
  "timeout_after",
  "rate_limited",
  "drop_before",
  "drop_after",
  "latency",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export const FAULT_VENDORS = ["stripe", "shippo", "sendgrid", "twilio"] as const;
export type FaultVendor = (typeof FAULT_VENDORS)[number];

/** The next `times` requests of a vendor whose path begins with `path` fare like `kind`. */
export interface FaultRule {
  vendor: FaultVendor;
  /** Any when absent. */
  method?: string;
  path: string;
  kind: FaultKind;
  times: number;
}

export interface FaultSettings {
  /** The same seed gives the same faults to the same order of requests. */
  seed: number;
  /** The share of requests that suffer a fault, 0 to 1. */
  rate: number;
  /** Drawn from with equal chances. */
  kinds: FaultKind[];
  vendors: FaultVendor[];
  /** How long `latency` delays an answer, in milliseconds. */
  latencyMs: number;
  /** How long `timeout_…` keeps silent before it hangs up, in milliseconds. */
  timeoutMs: number;
  webhooks: {
    /** The share of webhooks that are sent twice. */
    duplicate: number;
    /** The share of webhooks held back for up to two seconds more, so that later ones overtake them. */
    reorder: number;
    /** Delay of every webhook, in milliseconds. */
    delayMs: number;
  };
  /** Before any draw, in this order; used up one request at a time. */
  rules: FaultRule[];
}

export const NO_FAULTS: FaultSettings = {
  seed: 0,
  rate: 0,
  kinds: [...FAULT_KINDS],
  vendors: [...FAULT_VENDORS],
  latencyMs: 1_000,
  timeoutMs: 60_000,
  webhooks: { duplicate: 0, reorder: 0, delayMs: 0 },
  rules: [],
};

/** What is wrong with a field of fault settings. */
export class FaultSettingsError extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(`${field} ${message}`);
    this.field = field;
  }
}

const HOUR_MS = 3_600_000;

/**
 * Reads fault settings; what is absent is as in NO_FAULTS.
 *
 * @throws FaultSettingsError for an unknown field or a value out of range.
 */
export function readFaultSettings(value: unknown): FaultSettings {
  const top = fields(value, "body", Object.keys(NO_FAULTS));
  const hooks = fields(top["webhooks"] ?? {}, "webhooks", Object.keys(NO_FAULTS.webhooks));
  const rules = top["rules"] ?? [];
  if (!Array.isArray(rules) || rules.length > 1000)
    throw new FaultSettingsError("rules", "must be an array of at most 1000");
  return {
    seed: integer(top["seed"], "seed", { max: 0xffff_ffff, fallback: NO_FAULTS.seed }),
    rate: share(top["rate"], "rate"),
    kinds: choices(top["kinds"], "kinds", FAULT_KINDS),
    vendors: choices(top["vendors"], "vendors", FAULT_VENDORS),
    latencyMs: integer(top["latencyMs"], "latencyMs", { max: HOUR_MS, fallback: NO_FAULTS.latencyMs }),
    timeoutMs: integer(top["timeoutMs"], "timeoutMs", { max: HOUR_MS, fallback: NO_FAULTS.timeoutMs }),
    webhooks: {
      duplicate: share(hooks["duplicate"], "webhooks.duplicate"),
      reorder: share(hooks["reorder"], "webhooks.reorder"),
      delayMs: integer(hooks["delayMs"], "webhooks.delayMs", { max: HOUR_MS, fallback: 0 }),
    },
    rules: rules.map((rule: unknown, index) => readRule(rule, `rules.${index}`)),
  };
}

function readRule(value: unknown, field: string): FaultRule {
  const rule = fields(value, field, ["vendor", "method", "path", "kind", "times"]);
  const { method, path } = rule;
  if (method !== undefined && (typeof method !== "string" || !/^[A-Z]+$/.test(method)))
    throw new FaultSettingsError(`${field}.method`, "must be an HTTP method in capitals");
  if (typeof path !== "string" || !path.startsWith("/"))
    throw new FaultSettingsError(`${field}.path`, "must begin with /");
  return {
    vendor: choice(rule["vendor"], `${field}.vendor`, FAULT_VENDORS),
    path,
    kind: choice(rule["kind"], `${field}.kind`, FAULT_KINDS),
    times: integer(rule["times"], `${field}.times`, { min: 1, max: 1_000_000, fallback: 1 }),
    ...(method !== undefined && { method }),
  };
}

function fields(value: unknown, field: string, known: readonly string[]): Record<string, unknown> {
  if (!isObject(value)) throw new FaultSettingsError(field, "must be an object");
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new FaultSettingsError(unknown, `is unknown; there are: ${known.join(", ")}`);
  return value;
}

function integer(
  value: unknown,
  field: string,
  { min = 0, max, fallback }: { min?: number; max: number; fallback: number },
): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new FaultSettingsError(field, `must be a whole number from ${min} to ${max}`);
}

function share(value: unknown, field: string): number {
  if (value === undefined) return 0;
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new FaultSettingsError(field, "must be a number from 0 to 1");
}

function choice<T extends string>(value: unknown, field: string, of: readonly T[]): T {
  const found = of.find((entry) => entry === value);
  if (found === undefined) throw new FaultSettingsError(field, `must be one of ${of.join(", ")}`);
  return found;
}

function choices<T extends string>(value: unknown, field: string, of: readonly T[]): T[] {
  if (value === undefined) return [...of];
  if (!Array.isArray(value) || value.length === 0)
    throw new FaultSettingsError(field, "must be an array and not empty");
  return value.map((entry: unknown) => choice(entry, field, of));
}
