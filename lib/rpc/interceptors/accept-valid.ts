import {
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  hasOption,
  isFieldSet,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type Duration, FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import {
  type FieldRules,
  FieldRulesSchema,
  field as fieldRules,
  Ignore,
  message as messageRules,
  oneof as oneofRules,
} from "../../../gen/buf/validate/validate_pb.js";

/**
 * Says of a message whether it is valid for certain. False means "not known":
 * protovalidate decides then, and words what is wrong.
 *
 * protovalidate evaluates each rule as a CEL expression, which takes most of
 * the time of a small RPC. This checks the rules that our contracts use most
 * (lengths, patterns, ranges, sizes, presence) by plain comparisons and leaves
 * everything else, and every message that breaks a rule, to protovalidate.
 */
export type Acceptor = (message: Message) => boolean;

/** Compiles the acceptor of a message type. */
export function compileAcceptor(desc: DescMessage): Acceptor {
  return compileMessage(desc, new Map()) as unknown as Acceptor;
}

type Fields = Record<string, unknown>;
type Check<T = unknown> = (value: T) => boolean;

const always: Check = () => true;
const never: Check = () => false;

/** A type that holds itself finds its own check, filled in later, in `known`. */
function compileMessage(desc: DescMessage, known: Map<DescMessage, Check<Fields>>): Check<Fields> {
  const earlier = known.get(desc);
  if (earlier !== undefined) return earlier;
  let checks: Check<Fields>[] = [];
  const all: Check<Fields> = (message) => {
    for (let i = 0; i < checks.length; i++) if (!(checks[i] as Check<Fields>)(message)) return false;
    return true;
  };
  known.set(desc, all);
  if (hasOption(desc, messageRules)) checks = [never];
  else {
    checks = [
      ...desc.oneofs.map(compileOneof),
      ...desc.fields.map((field) => compileField(field, known)),
    ].filter((check) => check !== always);
  }
  return all;
}

function compileOneof(oneof: DescOneof): Check<Fields> {
  if (!hasOption(oneof, oneofRules) || !getOption(oneof, oneofRules).required) return always;
  return (message) => (message[oneof.localName] as { case?: string } | undefined)?.case !== undefined;
}

function compileField(field: DescField, known: Map<DescMessage, Check<Fields>>): Check<Fields> {
  const rules = hasOption(field, fieldRules) ? getOption(field, fieldRules) : undefined;
  if (rules?.ignore === Ignore.ALWAYS) return always;
  const value = compileValue(field, rules, known);
  if (value === never) return whenUnset(field, rules);
  const { localName, oneof } = field;
  if (oneof !== undefined) {
    return (message) => {
      const chosen = message[oneof.localName] as { case?: string; value?: unknown } | undefined;
      return chosen?.case === localName ? value(chosen.value) : rules?.required !== true;
    };
  }
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT || field.fieldKind === "message") {
    return (message) =>
      isFieldSet(message as unknown as Message, field) ? value(message[localName]) : rules?.required !== true;
  }
  const required = rules?.required === true;
  if (!required && value === always) return always;
  const zeroPasses = rules?.ignore === Ignore.IF_ZERO_VALUE && !required;
  return (message) => {
    const present = message[localName];
    if (isZero(present)) return zeroPasses || (!required && value(present));
    return value(present);
  };
}

/** For rules that are not known here: nothing to check where nothing is, unless the rules look at that. */
function whenUnset(field: DescField, rules: FieldRules | undefined): Check<Fields> {
  const looksAtNothing =
    rules?.required !== true && (field.fieldKind === "message" || field.oneof !== undefined);
  const skipsZero = rules?.required !== true && rules?.ignore === Ignore.IF_ZERO_VALUE;
  if (!looksAtNothing && !skipsZero) return never;
  return (message) => !isFieldSet(message as unknown as Message, field);
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return !value;
}

function compileValue(
  field: DescField,
  rules: FieldRules | undefined,
  known: Map<DescMessage, Check<Fields>>,
): Check {
  if (rules !== undefined && hasUnknown(rules)) return never;
  if (field.fieldKind === "list") return compileList(field, rules, known);
  if (rules !== undefined && rules.cel.length > 0) return never;
  switch (field.fieldKind) {
    case "map": {
      // Maps are rare in requests: an empty one is all that is known here.
      if (rules === undefined && field.message === undefined) return always;
      const minPairs = rules?.type.case === "map" ? rules.type.value.minPairs : 0n;
      return minPairs === 0n ? isZero : never;
    }
    case "message":
    case "scalar":
    case "enum":
      return compileSingle(field, rules, known);
    default:
      return field satisfies never;
  }
}

function compileList(
  field: DescField,
  rules: FieldRules | undefined,
  known: Map<DescMessage, Check<Fields>>,
): Check {
  if (rules !== undefined && rules.type.case !== "repeated" && rules.type.case !== undefined) return never;
  const list = rules?.type.case === "repeated" ? rules.type.value : undefined;
  const item = list?.items;
  if (item !== undefined && (item.cel.length > 0 || hasUnknown(item) || item.required)) return never;
  if (item !== undefined && item.ignore !== Ignore.UNSPECIFIED) return never;
  const single = compileSingle(field, item, known);
  if (single === never) return never;
  const min = Number(list?.minItems ?? 0n);
  const max = list !== undefined && list.maxItems > 0n ? Number(list.maxItems) : Number.POSITIVE_INFINITY;
  const unique = list?.unique === true;
  const distinct = compileDistinct(field, rules);
  if (distinct === never) return never;
  if (list === undefined && single === always && distinct === always) return always;
  return (value) => {
    const items = value as readonly unknown[];
    if (items.length < min || items.length > max || !distinct(items)) return false;
    if (unique && items.length > 1 && new Set(items).size < items.length) return false;
    for (let i = 0; i < items.length; i++) if (!single(items[i])) return false;
    return true;
  };
}

/** The one expression that contracts write for lists of messages: that a field of theirs is different in each. */
const distinctField = /^this\.map\((\w+), \1\.(\w+)\)\.unique\(\)$/;

function compileDistinct(field: DescField, rules: FieldRules | undefined): Check {
  const names = (rules?.cel ?? []).map((rule) => distinctField.exec(rule.expression)?.[2]);
  const fields = names.map((name) => field.message?.fields.find((each) => each.name === name));
  if (fields.length === 0) return always;
  if (fields.some((each) => each?.fieldKind !== "scalar" || each.oneof !== undefined)) return never;
  return (items) => {
    const list = items as readonly Fields[];
    return fields.every(
      (each) => new Set(list.map((item) => item[each?.localName ?? ""])).size === list.length,
    );
  };
}

function compileSingle(
  field: DescField,
  rules: FieldRules | undefined,
  known: Map<DescMessage, Check<Fields>>,
): Check {
  const type = rules?.type;
  if (field.message !== undefined) {
    if (type?.case === "duration") return compileDuration(type.value);
    if (type?.case !== undefined) return never;
    return field.message.typeName.startsWith("google.protobuf.")
      ? always
      : (compileMessage(field.message, known) as Check);
  }
  switch (type?.case) {
    case undefined:
      return always;
    case "string":
      return field.scalar === ScalarType.STRING ? compileString(type.value) : never;
    case "int32":
    case "int64":
      return compileRange(type.value);
    case "enum": {
      const { definedOnly, notIn } = type.value;
      const numbers = new Set(field.enum?.values.map((value) => value.number));
      if (onlyUses(type.value, ["definedOnly", "notIn"]) && definedOnly) {
        return (value) => numbers.has(value as number) && !notIn.includes(value as number);
      }
      return never;
    }
    default:
      return never;
  }
}

type Rules<Case> = Extract<FieldRules["type"], { case: Case }>["value"];

/** The addresses that nearly everybody has; others are protovalidate's to judge. */
const plainEmail = /^[a-zA-Z0-9._+-]+@[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*(?:\.[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*)+$/;
const longestLabel = 63;

function compileString(rules: Rules<"string">): Check {
  if (!onlyUses(rules, ["minLen", "maxLen", "pattern", "email"])) return never;
  const min = Number(rules.minLen);
  const max = setIn(rules, "maxLen") ? Number(rules.maxLen) : Number.POSITIVE_INFINITY;
  const pattern = rules.pattern === "" ? undefined : new RegExp(rules.pattern, "u");
  const email = rules.wellKnown.case === "email" && rules.wellKnown.value;
  return (value) => {
    const text = value as string;
    // Rules count code points: at most as many as there are UTF-16 units, at least half as many.
    if (text.length > max || text.length < min || (text.length < 2 * min && !isPlain(text))) return false;
    if (pattern !== undefined && !pattern.test(text)) return false;
    return !email || (text.length <= longestLabel && plainEmail.test(text));
  };
}

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0xd800) return false;
  return true;
}

function compileRange(rules: Rules<"int32"> | Rules<"int64">): Check {
  if (!onlyUses(rules, ["gte", "lte", "notIn"])) return never;
  const gte = rules.greaterThan.case === "gte" ? rules.greaterThan.value : undefined;
  const lte = rules.lessThan.case === "lte" ? rules.lessThan.value : undefined;
  // With the bounds the wrong way round the rule means "outside of them".
  if (gte !== undefined && lte !== undefined && gte > lte) return never;
  const excluded = new Set<unknown>(rules.notIn);
  return (value) => {
    const number = value as number | bigint;
    return (
      (gte === undefined || number >= gte) && (lte === undefined || number <= lte) && !excluded.has(value)
    );
  };
}

function compileDuration(rules: Rules<"duration">): Check {
  if (!onlyUses(rules, ["gte", "lte"])) return never;
  const gte = rules.greaterThan.case === "gte" ? rules.greaterThan.value : undefined;
  const lte = rules.lessThan.case === "lte" ? rules.lessThan.value : undefined;
  if (gte === undefined || lte === undefined || gte.nanos !== 0 || lte.nanos !== 0) return never;
  return (value) => {
    const { seconds, nanos } = value as Duration;
    // Whole seconds are what is asked for; the rest is left to protovalidate.
    return nanos === 0 && gte.seconds <= seconds && seconds <= lte.seconds;
  };
}

/** Whether of a message's fields only the named ones are set. */
function onlyUses(
  rules: Rules<"string" | "int32" | "int64" | "enum" | "duration">,
  names: readonly string[],
): boolean {
  if (hasUnknown(rules)) return false;
  const desc = FieldRulesSchema.fields.find((field) => field.message?.typeName === rules.$typeName)?.message;
  if (desc === undefined) return false;
  const seen = reflect(desc, rules);
  return desc.fields.every((field) => !seen.isSet(field) || names.includes(field.localName));
}

function setIn(rules: Rules<"string">, name: string): boolean {
  const desc = FieldRulesSchema.fields.find((field) => field.message?.typeName === rules.$typeName)?.message;
  const field = desc?.fields.find((each) => each.localName === name);
  return field !== undefined && isFieldSet(rules, field);
}

/** Rules that come with an extension of the rules' own type (predefined rules) are unknown fields or extensions. */
function hasUnknown(message: Message): boolean {
  return (message.$unknown?.length ?? 0) > 0;
}
