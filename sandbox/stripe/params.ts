import type { FormObject, FormValue } from "../http/form.ts";
import { invalidParam } from "./errors.ts";

/** Reads one parameter; `name` is its full name for messages, e.g. `shipping[address][city]`. */
export type Param<T> = (value: FormValue, name: string) => T;
type Shape = Record<string, Param<unknown>>;
type Read<S extends Shape> = { [K in keyof S]?: ReturnType<S[K]> };

/** The largest amount that fits eight digits, Stripe's limit for most currencies. */
export const MAX_AMOUNT = 99_999_999;

export function text({ max = 5000 }: { max?: number } = {}): Param<string> {
  return (value, name) => {
    if (typeof value !== "string") throw invalidParam({ message: `Invalid string: ${name}`, param: name });
    if (value === "") throw emptyValue(name);
    if (value.length > max) {
      throw invalidParam({ message: `Invalid string: must be at most ${max} characters`, param: name });
    }
    return value;
  };
}

/** A text that an empty value clears: null then. */
export function clearableText(options: { max?: number } = {}): Param<string | null> {
  const read = text(options);
  return (value, name) => (value === "" ? null : read(value, name));
}

export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}): Param<number> {
  return (value, name) => {
    if (value === "") throw emptyValue(name);
    if (typeof value !== "string" || !/^-?\d{1,15}$/.test(value)) {
      const shown = typeof value === "string" ? value : "object";
      throw invalidParam({
        message: `Invalid integer: ${shown}`,
        code: "parameter_invalid_integer",
        param: name,
      });
    }
    const number = Number(value);
    if (number < min) {
      throw invalidParam({
        message: `Invalid integer: ${name} must be greater than or equal to ${min}`,
        code: "parameter_invalid_integer",
        param: name,
      });
    }
    if (number > max) {
      throw invalidParam({
        message: `Invalid integer: ${name} must be less than or equal to ${max}`,
        code: "parameter_invalid_integer",
        param: name,
      });
    }
    return number;
  };
}

/** A positive number of the currency's smallest unit. */
export const amount: Param<number> = (value, name) => {
  const number = integer({ min: 1 })(value, name);
  if (number <= MAX_AMOUNT) return number;
  throw invalidParam({
    message: `Amount must be no more than ${MAX_AMOUNT} in the currency's smallest unit.`,
    code: "amount_too_large",
    param: name,
  });
};

export const flag: Param<boolean> = (value, name) => {
  if (value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw invalidParam({
    message: `Invalid boolean: ${typeof value === "string" ? value : "object"}`,
    param: name,
  });
};

export function oneOf<const V extends readonly string[]>(values: V): Param<V[number]> {
  return (value, name) => {
    if (value === "") throw emptyValue(name);
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) {
      throw invalidParam({ message: `Invalid ${name}: must be one of ${values.join(", ")}`, param: name });
    }
    return found;
  };
}

/** Three lower-case letters, known to ICU as a currency. */
export const currency: Param<string> = (value, name) => {
  if (typeof value === "string" && /^[a-z]{3}$/.test(value) && CURRENCIES.has(value)) return value;
  throw invalidParam({
    message: `Invalid currency: ${typeof value === "string" ? value : "object"}. Currencies are three-letter ISO codes in lowercase.`,
    param: name,
  });
};
const CURRENCIES = new Set(Intl.supportedValuesOf("currency").map((code) => code.toLowerCase()));

export function list<T>(item: Param<T>): Param<T[]> {
  return (value, name) => {
    if (value === "") return [];
    if (!Array.isArray(value)) throw invalidParam({ message: `Invalid array: ${name}`, param: name });
    return value.map((entry, index) => item(entry, `${name}[${index}]`));
  };
}

export function group<S extends Shape>(shape: S): Param<Read<S>> {
  return (value, name) => {
    if (typeof value === "string" || Array.isArray(value)) {
      throw invalidParam({ message: `Invalid object: ${name}`, param: name });
    }
    return readShape({ shape, values: value, prefix: name });
  };
}

/** A group that an empty value clears: null then. */
function clearableGroup<S extends Shape>(shape: S): Param<Read<S> | null> {
  const read = group(shape);
  return (value, name) => (value === "" ? null : read(value, name));
}

/** Accepted as it comes: parameters of features the sandbox has no part in. */
export const ignored: Param<FormValue> = (value) => value;

/** Up to 50 names of 40 characters with values of 500; an empty value removes the name. */
export const metadata: Param<Record<string, string>> = (value, name) => {
  if (value === "") return {};
  const entries = Array.isArray(value)
    ? [...value.entries()]
    : typeof value === "object"
      ? Object.entries(value)
      : [];
  if (entries.length === 0) throw invalidParam({ message: `Invalid object: ${name}`, param: name });
  if (entries.length > 50) {
    throw invalidParam({ message: "Metadata can have at most 50 keys.", param: name });
  }
  const result: Record<string, string> = {};
  for (const [key, entry] of entries) {
    const param = `${name}[${key}]`;
    if (typeof entry !== "string") {
      throw invalidParam({ message: "Metadata values must be strings, not nested objects.", param });
    }
    if (String(key).length > 40) {
      throw invalidParam({ message: "Metadata keys can have up to 40 characters.", param });
    }
    if (entry.length > 500) {
      throw invalidParam({ message: "Metadata values can have up to 500 characters.", param });
    }
    result[key] = entry;
  }
  return result;
};

/** Merges new metadata into old: an empty value removes its name. */
export function mergeMetadata(
  old: Record<string, string>,
  change: Record<string, string>,
): Record<string, string> {
  const entries = Object.entries({ ...old, ...change }).filter(([, value]) => value !== "");
  return Object.fromEntries(entries);
}

export const address = group({
  city: clearableText(),
  country: clearableText(),
  line1: clearableText(),
  line2: clearableText(),
  postal_code: clearableText(),
  state: clearableText(),
});

export const shipping = clearableGroup({
  name: text(),
  phone: clearableText(),
  carrier: clearableText(),
  tracking_number: clearableText(),
  address,
});

export const billingDetails = group({
  address,
  email: clearableText(),
  name: clearableText(),
  phone: clearableText(),
  tax_id: clearableText(),
});

/** `created` of lists: a number of seconds, or bounds. */
export const createdRange: Param<{ gt?: number; gte?: number; lt?: number; lte?: number }> = (
  value,
  name,
) => {
  if (typeof value === "string") {
    const second = integer()(value, name);
    return { gte: second, lte: second };
  }
  return group({ gt: integer(), gte: integer(), lt: integer(), lte: integer() })(value, name);
};

export const paging = {
  limit: integer({ min: 1, max: 100 }),
  starting_after: text(),
  ending_before: text(),
  expand: list(text()),
};

/** Reads all parameters of a request by `shape`; names that are not in it are refused, missing ones checked. */
export function readParams<S extends Shape>({
  shape,
  required = [],
  values,
}: {
  shape: S;
  required?: readonly (keyof S & string)[];
  values: FormObject;
}): Read<S> {
  const result = readShape({ shape, values, prefix: "" });
  for (const name of required) {
    if (result[name] === undefined) {
      throw invalidParam({
        message: `Missing required param: ${name}.`,
        code: "parameter_missing",
        param: name,
      });
    }
  }
  return result;
}

function readShape<S extends Shape>({
  shape,
  values,
  prefix,
}: {
  shape: S;
  values: FormObject;
  prefix: string;
}): Read<S> {
  const full = (name: string) => (prefix === "" ? name : `${prefix}[${name}]`);
  const unknown = Object.keys(values).filter((name) => !Object.hasOwn(shape, name));
  const [first] = unknown;
  if (first !== undefined) {
    const names = unknown.map(full).join(", ");
    throw invalidParam({
      message: `Received unknown parameter${unknown.length > 1 ? "s" : ""}: ${names}`,
      code: "parameter_unknown",
      param: full(first),
    });
  }
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) result[name] = shape[name]?.(value, full(name));
  return result as Read<S>;
}

function emptyValue(name: string) {
  return invalidParam({
    message: `You passed an empty string for '${name}'. An empty value unsets a parameter, but '${name}' cannot be unset.`,
    code: "parameter_invalid_empty",
    param: name,
  });
}
