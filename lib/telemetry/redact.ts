import { pino } from "pino";

// Compared without case, hyphens and underscores: headers, JSON and SDK objects spell them differently.
const SECRET_KEYS = new Set([
  ...["authorization", "proxyauthorization", "cookie", "setcookie", "xapikey", "apikey", "staffkey"],
  ...[
    "rowlocktoken",
    "rowlockprincipal",
    "idempotencykey",
    "guesttoken",
    "token",
    "accesstoken",
    "refreshtoken",
  ],
  ...[
    "password",
    "secret",
    "clientsecret",
    "secretkey",
    "privatekey",
    "databaseurl",
    "redisurl",
    "connectionstring",
  ],
  ...["card", "cardnumber", "pan", "cvc", "cvv", "cvv2", "securitycode"],
]);

/** What stands in place of a secret. */
export const REDACTED = "[redacted]";

// Below this depth nothing is printed: logs hold summaries, and unseen depths might hold secrets.
const MAX_DEPTH = 8;

const verdicts = new Map<string, boolean>();

function isSecretKey(key: string): boolean {
  let verdict = verdicts.get(key);
  if (verdict === undefined) {
    verdict = SECRET_KEYS.has(key.toLowerCase().replaceAll(/[-_]/g, ""));
    // Keys may come from outside (metadata); the cache must not grow with them.
    if (verdicts.size < 2000) verdicts.set(key, verdict);
  }
  return verdict;
}

/** The text without the password of any URL in it (`postgres://user:…@host`). */
function redactUrls(text: string): string {
  return text.includes("://")
    ? text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):[^\s@/]+@/gi, `$1:${REDACTED}@`)
    : text;
}

/**
 * The value without secrets, by key name at every depth, errors and their causes included. Copies only where it must
 * change something, so that an ordinary line costs a walk over its keys.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactUrls(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) return "[deep]";
  if (value instanceof Error) return redact(pino.stdSerializers.err(value), depth);
  if (Array.isArray(value)) return redactEntries(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  // Dates and the like render themselves.
  if ("toJSON" in value && typeof value.toJSON === "function") return value;
  return redactEntries(value, depth);
}

function redactEntries<T extends object>(value: T, depth: number): T {
  let copy: Record<string, unknown> | undefined;
  for (const [key, before] of Object.entries(value)) {
    const after = isSecretKey(key) && before != null ? REDACTED : redact(before, depth + 1);
    if (after === before) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = after;
  }
  return (copy ?? value) as T;
}
