import { HTTPClientError } from "shippo/models/errors/httpclienterrors.js";
import { ResponseValidationError } from "shippo/models/errors/responsevalidationerror.js";
import { ShippoError } from "shippo/models/errors/shippoerror.js";
import { neverSent } from "../../lib/circuit/never-sent.ts";
import { excerpt } from "../../lib/one-line.ts";
import { CarrierRefused, CarrierUnavailable } from "./carrier.ts";

/** The texts of Shippo's messages in one line. */
export function messageOf(messages: readonly { text?: string | undefined }[] | undefined): string {
  return joined((messages ?? []).map(({ text }) => text ?? "").filter((text) => text !== ""));
}

/**
 * A refusal for good: Shippo understood the request and will not do it. Not so
 * 401 and 403 (the shop's key), 404 of a path and 429: there the next try may do.
 */
export function toRefusal(err: unknown): CarrierRefused | undefined {
  if (!(err instanceof ShippoError) || err instanceof ResponseValidationError) return undefined;
  if (err.statusCode !== 400 && err.statusCode !== 422) return undefined;
  return new CarrierRefused(joined(textsOf(parseJson(err.body))) || "the request was refused");
}

/**
 * Any other failure. The SDK's errors hold the request with its key, so
 * neither they nor what they carry are kept as the cause.
 */
export function toUnavailable(err: unknown): CarrierUnavailable {
  if (err instanceof ResponseValidationError) {
    return new CarrierUnavailable(`Shippo's answer ${err.statusCode} is not what its contract says`, {
      pending: false,
    });
  }
  if (err instanceof ShippoError) {
    return new CarrierUnavailable(`Shippo answered ${err.statusCode}`, {
      pending: gaveUp.has(err.statusCode),
    });
  }
  const code = codeOf(err);
  const why = code ?? (err instanceof Error ? err.name : "an unknown failure");
  return new CarrierUnavailable(`Shippo could not be asked: ${why}`, {
    pending: !neverSent(code),
  });
}

/** Whether Shippo answered that it does not know what it was asked for: a parcel, or its carrier. */
export function isUnknown(err: unknown): boolean {
  return err instanceof ShippoError && (err.statusCode === 404 || err.statusCode === 400);
}

/** Whether Shippo did not answer, or with a fault of its own. An answer that the SDK does not understand is none. */
export function isOutage(err: unknown): boolean {
  return !(err instanceof ShippoError) || err.statusCode >= 500;
}

/** Whether the connection was closed under the request. */
export function isConnectionReset(err: unknown): boolean {
  const code = codeOf(err);
  return code === "ECONNRESET" || code === "EPIPE";
}

/**
 * The answer, even when the SDK does not understand all of it. Its schemas are
 * closed: one new word in a field that nobody reads here would hide every rate,
 * or a label that is paid for. What comes back then has the right names and no
 * promise about types: readers check what they use.
 */
export async function read<T extends object>(answer: Promise<T>): Promise<Partial<T>> {
  try {
    return await answer;
  } catch (err) {
    const raw = err instanceof ResponseValidationError ? camelCased(err.rawValue) : undefined;
    if (typeof raw !== "object" || raw === null) throw err;
    return raw as Partial<T>;
  }
}

// A gateway that stopped waiting says nothing about the server behind it.
const gaveUp = new Set([408, 502, 504]);

function codeOf(err: unknown): string | undefined {
  const cause = err instanceof HTTPClientError ? err.cause : err;
  const code = (cause as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each !== null).map(camelCased);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(
    entries.map(([name, each]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      camelCased(each),
    ]),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // An error page is no message for anybody.
    return undefined;
  }
}

/** Shippo writes errors as `{detail}`, as `{field: [text]}`, or nested lists of these. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    const texts = textsOf(inner);
    return field === "detail" || field === "__all__" ? texts : texts.map((text) => `${field}: ${text}`);
  });
}

/** Each text once, in one line. */
function joined(texts: readonly string[]): string {
  return excerpt([...new Set(texts)].join("; "));
}
