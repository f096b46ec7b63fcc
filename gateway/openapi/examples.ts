import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { type Comments, flow } from "./comments.ts";
import { excludedValues, rulesOf } from "./constraints.ts";
import { sampleTime } from "./sample-time.ts";
import { sampleValues, variables } from "./sample-values.ts";
import type { View } from "./schemas.ts";

/** Makes examples of messages and fields: the same ones at every start. */
export interface Examples {
  /** `method` is the RPC whose answer it is: some fields are only in the answers of one. */
  message(
    desc: DescMessage,
    view: View,
    options?: { without?: ReadonlySet<string>; method?: string },
  ): JsonValue;
  field(field: DescField, view: View): JsonValue;
  /** A value for a variable of an error's message. */
  variable(name: string): string;
}

/** Where a value of an example stands. */
interface Place {
  view: View;
  method: string;
  /** The messages around it: one that holds itself would have no end. */
  around: ReadonlySet<DescMessage>;
}

export function createExamples(comments: Comments): Examples {
  return {
    message: (desc, view, { without, method = "" } = {}) =>
      message(desc, { view, method, around: new Set() }, without),
    field: (each, view) => field(each, { view, method: "", around: new Set() }),
    variable: (name) => {
      const value = variables[name] ?? sampleValues[name] ?? idOf(name) ?? name.replaceAll("_", " ");
      return typeof value === "string" ? value : JSON.stringify(value);
    },
  };

  function message(desc: DescMessage, place: Place, without: ReadonlySet<string> = new Set()): JsonValue {
    const known = wellKnown(desc);
    if (known !== undefined) return known;
    const inside = { ...place, around: new Set([...place.around, desc]) };
    const shown = desc.fields.filter((each) => !without.has(each.name) && isShown(each, inside));
    return Object.fromEntries(shown.map((each) => [each.jsonName, field(each, inside)]));
  }

  /** Of a oneof the first member; in a request, nothing that only the shop sets. */
  function isShown(each: DescField, { view, around }: Place): boolean {
    if (each.oneof !== undefined && each.oneof.fields[0] !== each) return false;
    if (each.fieldKind === "message" && around.has(each.message)) return false;
    if (sampleValues[fullName(each)] === null) return false;
    return view === "answer" || !commentOf(each).startsWith("Output only");
  }

  function field(each: DescField, place: Place): JsonValue {
    const only = /Only in the answer of (\w+)/.exec(commentOf(each))?.[1];
    if (only !== undefined && only !== place.method) return each.fieldKind === "list" ? [] : "";
    const given = sampleValues[fullName(each)] ?? sampleValues[each.name];
    if (given !== undefined && fits(given, each)) return given;
    const isEndless = each.message !== undefined && place.around.has(each.message);
    switch (each.fieldKind) {
      case "list":
        return isEndless ? [] : [single(each, place)];
      case "map":
        return isEndless ? {} : { [each.mapKey === ScalarType.STRING ? "key" : "1"]: single(each, place) };
      default:
        return single(each, place);
    }
  }

  function single(each: DescField, place: Place): JsonValue {
    if (each.message !== undefined) return message(each.message, place);
    if (each.enum !== undefined) return enumValue(each, each.enum);
    switch (each.scalar) {
      case ScalarType.STRING:
        return text(each);
      case ScalarType.BYTES:
        return "aGVsbG8=";
      case ScalarType.BOOL:
        return false;
      default:
        return 1;
    }
  }

  /** By the prefix of ids or the example in the field's comment, or by its name. */
  function text(each: DescField): string {
    const comment = commentOf(each);
    const prefix = /`([a-z]+)_…`/.exec(comment)?.[1];
    if (prefix !== undefined) return id(prefix);
    const example = /(?:[Ff]or example|such as) `([^`…]+)`/.exec(comment)?.[1];
    return example ?? idOf(each.name) ?? "text";
  }

  function commentOf(each: DescField): string {
    return flow(comments[fullName(each)] ?? "");
  }
}

function fullName(field: DescField): string {
  return `${field.parent.typeName}.${field.name}`;
}

/** The first value that means something and may stand there. */
function enumValue(field: DescField, desc: DescEnum): JsonValue {
  if (desc.typeName === "google.protobuf.NullValue") return null;
  const excluded = excludedValues(rulesOf(field));
  const usable = desc.values.filter(({ number }) => number !== 0 && !excluded.includes(number));
  return (usable[0] ?? desc.values[0])?.name ?? "";
}

/** Whether a value has the JSON type of a field: one of the same name elsewhere may be something else. */
function fits(value: JsonValue, field: DescField): boolean {
  if (field.fieldKind === "list") return Array.isArray(value);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (field.fieldKind === "map") return isObject;
  if (field.message !== undefined) {
    if (wellKnown(field.message) !== undefined) return typeof value === typeof wellKnown(field.message);
    const names = field.message.fields.map(({ jsonName }) => jsonName);
    return isObject && Object.keys(value).every((name) => names.includes(name));
  }
  if (field.enum !== undefined) return field.enum.values.some(({ name }) => name === value);
  if (field.scalar === ScalarType.STRING) return typeof value === "string";
  return typeof value === (field.scalar === ScalarType.BOOL ? "boolean" : "number");
}

/** The example of a well-known type; undefined for every other message. */
function wellKnown(desc: DescMessage): JsonValue | undefined {
  const value = isWrapperDesc(desc) ? desc.fields[0] : undefined;
  switch (value?.scalar) {
    case undefined:
      break;
    case ScalarType.STRING:
      return "text";
    case ScalarType.BYTES:
      return "aGVsbG8=";
    case ScalarType.BOOL:
      return true;
    default:
      return 1;
  }
  switch (desc.typeName) {
    case "google.protobuf.Timestamp":
      return sampleTime;
    case "google.protobuf.Duration":
      return "900s";
    case "google.protobuf.FieldMask":
      return "title";
    case "google.protobuf.Any":
      return { "@type": "type.googleapis.com/google.protobuf.Empty" };
    case "google.protobuf.Struct":
      return { key: "value" };
    case "google.protobuf.Value":
      return "value";
    case "google.protobuf.ListValue":
      return ["value"];
    case "google.api.HttpBody":
      // A body may be anything; within a message it is base64, and so is this.
      return "aGVsbG8=";
    default:
      return undefined;
  }
}

/** What the names of ids stand for, where their prefix is not the name's beginning. */
const prefixes: Record<string, string> = {
  order_id: "ord",
  cart_id: "cart",
  payment_id: "pay",
  shipment_id: "shp",
  rate_id: "rate",
  shipping_method_id: "rate",
  message_id: "msg",
  reservation_id: "ord",
  api_key_id: "key",
  customer_id: "cus",
  promotion_id: "prm",
  tax_rate_id: "tax",
};

/** An id for a field named as one. */
function idOf(name: string): string | undefined {
  const prefix = prefixes[name];
  return prefix === undefined ? undefined : id(prefix);
}

/** As lib/ids makes them: 26 characters of time and chance. */
function id(prefix: string): string {
  return `${prefix}_01jpa7c9y3e8q5m2n6r4t0v1wz`;
}
