import { type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import {
  type FieldRules,
  field as fieldRules,
  Ignore,
  type RepeatedRules,
  type StringRules,
} from "../../gen/buf/validate/validate_pb.js";
import type { JsonObject, Schema } from "./types.ts";

/** What `buf.validate` asks of a field; undefined when it asks nothing or is told to be ignored. */
export function rulesOf(field: DescField): FieldRules | undefined {
  if (!hasOption(field, fieldRules)) return undefined;
  const rules = getOption(field, fieldRules);
  return rules.ignore === Ignore.ALWAYS ? undefined : rules;
}

/** Whether nothing inside of a field is validated. */
export function isUnchecked(field: DescField): boolean {
  return hasOption(field, fieldRules) && getOption(field, fieldRules).ignore === Ignore.ALWAYS;
}

/**
 * The JSON Schema keywords of a single value's rules. CEL rules have none: they are told in words by
 * `rulesInWords`.
 */
export function valueConstraints(rules: FieldRules | undefined): Schema {
  if (rules === undefined) return {};
  const { type } = rules;
  switch (type.case) {
    case "string":
      return stringConstraints(type.value);
    case "enum":
    case "bool":
    case "bytes":
    case "any":
    case "repeated":
    case "map":
    case "duration":
    case "timestamp":
    case "fieldMask":
    case undefined:
      return {};
    default:
      return numberConstraints(type.value as NumberRules);
  }
}

/** The members that every one of buf.validate's number types has. */
interface NumberRules {
  const?: unknown;
  in: unknown[];
  lessThan: { case: "lt" | "lte" | undefined; value?: unknown };
  greaterThan: { case: "gt" | "gte" | undefined; value?: unknown };
}

function numberConstraints(rules: NumberRules): Schema {
  const { in: list, lessThan, greaterThan } = rules;
  const keywords = { gt: "exclusiveMinimum", gte: "minimum", lt: "exclusiveMaximum", lte: "maximum" };
  const schema: Schema = {};
  for (const bound of [greaterThan, lessThan]) {
    if (bound.case !== undefined) schema[keywords[bound.case]] = Number(bound.value);
  }
  if (list.length > 0) schema["enum"] = list.map(Number);
  if (isSet(rules, "const")) schema["const"] = Number(rules.const);
  return schema;
}

function stringConstraints(rules: StringRules): Schema {
  const schema: Schema = {};
  const min = rules.minLen || rules.len;
  const max = rules.maxLen || rules.len;
  if (min > 0n) schema["minLength"] = Number(min);
  if (max > 0n) schema["maxLength"] = Number(max);
  if (rules.pattern !== "") schema["pattern"] = rules.pattern;
  else if (rules.prefix !== "") schema["pattern"] = `^${escapePattern(rules.prefix)}`;
  if (rules.in.length > 0) schema["enum"] = rules.in;
  if (isSet(rules, "const")) schema["const"] = rules.const;
  const format = formats[rules.wellKnown.case ?? ""];
  if (format !== undefined && rules.wellKnown.value === true) schema["format"] = format;
  return schema;
}

/** In proto2, the default of an unset field shines through from the prototype. */
function isSet(rules: object, name: string): boolean {
  return Object.hasOwn(rules, name);
}

/** JSON Schema's formats of the well-known kinds of strings. */
const formats: Record<string, string> = {
  email: "email",
  uri: "uri",
  uriRef: "uri-reference",
  uuid: "uuid",
  hostname: "hostname",
  ipv4: "ipv4",
  ipv6: "ipv6",
};

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

/** The keywords of a list's own rules. */
export function listConstraints(rules: RepeatedRules | undefined): Schema {
  return {
    ...(rules !== undefined && rules.minItems > 0n && { minItems: Number(rules.minItems) }),
    ...(rules !== undefined && rules.maxItems > 0n && { maxItems: Number(rules.maxItems) }),
    ...(rules?.unique === true && { uniqueItems: true }),
  };
}

/** The rules that JSON Schema cannot say, as the contract words them. */
export function rulesInWords(cel: readonly { id: string; message: string; expression: string }[]): string {
  return cel.map((rule) => `Rule: ${rule.message || rule.expression}.`).join(" ");
}

/** The numbers of an enum's values that a field must not have. */
export function excludedValues(rules: FieldRules | undefined): readonly number[] {
  return rules?.type.case === "enum" ? rules.type.value.notIn : [];
}

/**
 * Whether a field that is left out, and so is zero or empty, breaks its rules; fields with presence are not
 * looked at when they are left out.
 */
export function mustBeGiven(field: DescField, schema: Schema, hasPresence: boolean): boolean {
  const rules = rulesOf(field);
  if (rules?.required === true) return true;
  if (rules === undefined || hasPresence || rules.ignore === Ignore.IF_ZERO_VALUE) return false;
  if (excludedValues(rules).includes(0)) return true;
  return refusesZero(schema);
}

function refusesZero(schema: Schema): boolean {
  const { minLength = 0, minItems = 0, minProperties = 0, format, pattern } = schema as JsonObject;
  if (Number(minLength) > 0 || Number(minItems) > 0 || Number(minProperties) > 0) return true;
  const isText = schema["type"] === "string";
  if (isText && typeof pattern === "string" && !new RegExp(pattern, "u").test("")) return true;
  if (isText && format !== undefined) return true;
  if (Number(schema["minimum"] ?? 0) > 0 || Number(schema["maximum"] ?? 0) < 0) return true;
  return Number(schema["exclusiveMinimum"] ?? -1) >= 0 || Number(schema["exclusiveMaximum"] ?? 1) <= 0;
}
