import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { BadInput, didYouMean, quote } from "./bad-input.ts";
import { childMessage, type Fields, getField, hasPresence, setField } from "./fields.ts";
import { setOwn } from "./json-read.ts";
import { fieldTextReader } from "./message-text.ts";
import { type ReadText, scalarTextReader } from "./scalar-text.ts";

/** Reads a query string (without `?`) into a message. Throws BadInput naming the parameter. */
export type ReadQuery = (query: string, message: Fields) => void;

export interface QueryOptions {
  desc: DescMessage;
  /** Dotted proto paths that the path binds; a parameter for one is refused. */
  boundByPath: readonly string[];
  /** The proto name of the field the body is, or `*` when the body is the whole message. */
  body: string | undefined;
  /** Nested messages a parameter may name. */
  maxDepth: number;
}

/**
 * Compiles the reader of a route's query parameters: `a.b=1` for nested fields (lowerCamelCase or proto
 * names), repeated parameters for lists, `labels[key]=v` or `labels.key=v` for maps; values as in JSON,
 * unquoted. A parameter that is unknown, given twice for a single value, or bound elsewhere is refused.
 */
export function queryReader({ desc, boundByPath, body, maxDepth }: QueryOptions): ReadQuery {
  const bound = new Set(boundByPath);
  return (query, message) => {
    const seen = new Set<string>();
    for (const pair of query.split("&")) {
      if (pair === "") continue;
      const equals = pair.indexOf("=");
      const name = decodeText(equals < 0 ? pair : pair.slice(0, equals), pair);
      const text = equals < 0 ? "" : decodeText(pair.slice(equals + 1), name);
      try {
        readParameter(name, text, message, seen);
      } catch (err) {
        if (err instanceof BadInput) err.field ??= name;
        throw err;
      }
    }
  };

  function readParameter(name: string, text: string, root: Fields, seen: Set<string>): void {
    const steps = splitName(name);
    if (steps.length > maxDepth) throw new BadInput(`is nested deeper than ${maxDepth} levels`);
    let message = root;
    let type = desc;
    let path = "";
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] ?? "";
      const field = namesOf(type).get(step);
      if (field === undefined) throw unknownParameter(step, type);
      if (i === 0 && body !== undefined && (body === "*" || body === field.name)) {
        throw new BadInput(body === "*" ? "belongs into the body" : "is the body; it belongs there");
      }
      path += path === "" ? field.name : `.${field.name}`;
      if (bound.has(path)) throw new BadInput("is given by the path");
      const last = i === steps.length - 1;
      if (field.fieldKind === "map") {
        setEntry(message, field, steps.slice(i + 1), text);
        return;
      }
      if (last) {
        setValue(message, field, text, path, seen);
        return;
      }
      if (field.fieldKind !== "message" || hasCustomJsonRepresentation(field.message)) {
        throw new BadInput(`${quote(step)} has no fields`);
      }
      message = childMessage(message, field);
      type = field.message;
    }
  }

  function unknownParameter(step: string, type: DescMessage): BadInput {
    const names = type.fields.map((field) => field.jsonName);
    if (body === "*")
      return new BadInput("unknown parameter: the fields of this method belong into the body");
    return new BadInput(`unknown parameter${didYouMean(step, names)}`);
  }
}

const names = new WeakMap<DescMessage, Map<string, DescField>>();

/** Fields by proto and JSON name. */
function namesOf(desc: DescMessage): Map<string, DescField> {
  let map = names.get(desc);
  if (map === undefined) {
    map = new Map();
    for (const field of desc.fields) map.set(field.name, field).set(field.jsonName, field);
    names.set(desc, map);
  }
  return map;
}

const textReaders = new WeakMap<DescField, ReadText | "none">();

function textReader(field: DescField): ReadText | undefined {
  let reader = textReaders.get(field);
  if (reader === undefined) textReaders.set(field, (reader = fieldTextReader(field) ?? "none"));
  return reader === "none" ? undefined : reader;
}

/** Sets the field from text. `seen` holds the single fields given so far. */
function setValue(message: Fields, field: DescField, text: string, path: string, seen: Set<string>): void {
  const read = textReader(field);
  if (read === undefined) {
    const whole = field.message !== undefined && hasCustomJsonRepresentation(field.message);
    throw new BadInput(whole ? "cannot stand in a query" : "is a message; name one of its fields");
  }
  if (field.fieldKind === "list") {
    (message[field.localName] as unknown[]).push(read(text));
    return;
  }
  if (seen.has(path)) throw new BadInput("is given twice");
  seen.add(path);
  setField(message, field, read(text));
}

function setEntry(
  message: Fields,
  field: DescField & { fieldKind: "map" },
  rest: readonly string[],
  text: string,
): void {
  if (rest.length === 0) throw new BadInput(`is a map; write ${field.jsonName}[key]=value`);
  const read = textReader(field);
  if (read === undefined) throw new BadInput("is a map of messages, which a query cannot hold");
  const key = String(scalarTextReader(field.mapKey, true)(rest.join(".")));
  const map = message[field.localName] as Fields;
  if (Object.hasOwn(map, key)) throw new BadInput("is given twice");
  setOwn(map, key, read(text));
}

/** `a.b[c.d]` → a, b, c.d: what stands in a trailing bracket is one map key. */
function splitName(name: string): string[] {
  const bracket = name.indexOf("[");
  if (bracket <= 0 || !name.endsWith("]")) return name.split(".");
  return [...name.slice(0, bracket).split("."), name.slice(bracket + 1, -1)];
}

/** Percent-decoding, with `+` as a space. Throws BadInput naming the parameter. */
export function decodeText(text: string, name: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new BadInput("is not percent-encoded UTF-8", name.slice(0, 100));
  }
}

/** The compiled setter of one path variable. */
export interface PathSetter {
  /** Dotted proto path. */
  readonly name: string;
  set(message: Fields, text: string): void;
}

/**
 * Compiles the setter of a path variable. A body that names another value for the field is refused: silently
 * preferring either would hide a client's mistake.
 */
export function pathSetter(chain: readonly DescField[]): PathSetter {
  const name = chain.map((field) => field.name).join(".");
  const last = chain.at(-1);
  const read = last && fieldTextReader(last);
  if (last === undefined || read === undefined) throw new TypeError(`path variable ${name} cannot be text`);
  const parents = chain.slice(0, -1);
  return { name, set };

  function set(root: Fields, text: string): void {
    try {
      let message = root;
      for (const parent of parents) {
        if (parent.fieldKind !== "message") throw new TypeError(`${parent.name} is no message`);
        message = childMessage(message, parent);
      }
      assign(message, last as DescField, (read as ReadText)(text));
    } catch (err) {
      if (err instanceof BadInput) err.field ??= name;
      throw err;
    }
  }
}

function assign(message: Fields, field: DescField, value: unknown): void {
  const present = getField(message, field);
  const given = present !== undefined && (hasPresence(field) || !isZero(field, present));
  if (given && typeof present !== "object" && present !== value) {
    throw new BadInput("differs between path and body");
  }
  setField(message, field, value);
}

function isZero(field: DescField, value: unknown): boolean {
  return field.scalar === ScalarType.STRING ? value === "" : typeof value !== "object" && Number(value) === 0;
}
