import { type DescField, type DescMessage, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { hasPresence } from "../transcoder/fields.ts";
import { type Comments, flow } from "./comments.ts";
import { excludedValues, rulesOf } from "./constraints.ts";
import { laterTime, sampleTime, sampleValues, variables } from "./sample-values.ts";
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

/** How deep messages may hold themselves in an example. */
const maxDepth = 8;

export function createExamples(comments: Comments): Examples {
  return {
    message: (desc, view, { without = new Set<string>(), method = "" } = {}) =>
      message(desc, { view, depth: 0, without, method }),
    field: (each, view) => field(each, { view, depth: 0, without: new Set(), method: "" }),
    variable: (name) =>
      variables[name] ?? String(sampleValues[name] ?? idOf(name) ?? name.replaceAll("_", " ")),
  };

  type Place = { view: View; depth: number; without: ReadonlySet<string>; method: string };

  function message(desc: DescMessage, place: Place): JsonValue {
    const { view, depth, without } = place;
    const known = wellKnown(desc);
    if (known !== undefined) return known;
    const inside = { ...place, depth: depth + 1, without: new Set<string>() };
    const members: [string, JsonValue][] = [];
    for (const each of desc.fields) {
      if (without.has(each.name) || !isShown(each, view)) continue;
      if (depth >= maxDepth && (hasPresence(each) || each.message !== undefined)) continue;
      members.push([each.jsonName, field(each, inside)]);
    }
    return Object.fromEntries(members);
  }

  /** Of a oneof the first member; in a request, nothing that only the shop sets. */
  function isShown(each: DescField, view: View): boolean {
    if (each.oneof !== undefined && each.oneof.fields[0] !== each) return false;
    if (sampleValues[`${each.parent.typeName}.${each.name}`] === null) return false;
    return view === "answer" || !/^Output only/.test(commentOf(each));
  }

  function field(each: DescField, place: Place): JsonValue {
    const given = sampleValues[`${each.parent.typeName}.${each.name}`];
    if (given !== undefined && given !== null) return given;
    if (each.fieldKind === "list") {
      const list = sampleValues[each.name];
      return Array.isArray(list) ? list : [single(each, place)];
    }
    if (each.fieldKind === "map") {
      const map = sampleValues[each.name];
      return map !== null && typeof map === "object"
        ? map
        : { [each.mapKey === ScalarType.STRING ? "key" : "1"]: single(each, place) };
    }
    return single(each, place);
  }

  function single(each: DescField, place: Place): JsonValue {
    const byName = sampleValues[each.name];
    if (each.message !== undefined) {
      const known = typeof byName === "object" && !Array.isArray(byName) && each.fieldKind !== "list";
      return known && byName !== null && wellKnown(each.message) === undefined && isMoney(each.message)
        ? byName
        : each.name === "expire_time" || each.name === "deadline"
          ? laterTime
          : message(each.message, place);
    }
    if (each.enum !== undefined) {
      const excluded = excludedValues(rulesOf(each));
      const usable = each.enum.values.filter(
        (value) => value.number !== 0 && !excluded.includes(value.number),
      );
      return (usable[0] ?? each.enum.values[0])?.name ?? "";
    }
    switch (each.scalar) {
      case ScalarType.STRING: {
        const only = /Only in the answer of (\w+)/.exec(commentOf(each))?.[1];
        if (only !== undefined && only !== place.method) return "";
        return typeof byName === "string" ? byName : text(each);
      }
      case ScalarType.BYTES:
        return "aGVsbG8=";
      case ScalarType.BOOL:
        return false;
      default:
        return typeof byName === "number" ? byName : 1;
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
    return flow(comments[`${each.parent.typeName}.${each.name}`] ?? "");
  }
}

function isMoney(desc: DescMessage): boolean {
  return desc.typeName === "rowlock.type.v1.Money";
}

function wellKnown(desc: DescMessage): JsonValue | undefined {
  const value = isWrapperDesc(desc) ? desc.fields[0] : undefined;
  if (value !== undefined) {
    return value.scalar === ScalarType.STRING
      ? "text"
      : value.scalar === ScalarType.BOOL
        ? true
        : value.scalar === ScalarType.BYTES
          ? "aGVsbG8="
          : 1;
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
