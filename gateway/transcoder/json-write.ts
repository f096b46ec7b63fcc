import type { DescEnum, DescField, DescMessage, Message, Registry } from "@bufbuild/protobuf";
import { getExtension, getOption, ScalarType, toJson } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import {
  type Any,
  anyUnpack,
  type FieldMask,
  hasCustomJsonRepresentation,
  isWrapperDesc,
} from "@bufbuild/protobuf/wkt";
import { omit_empty } from "../../gen/rowlock/rest/v1/rest_pb.js";
import { extensionField, type Fields, getField, hasPresence, isPlainStruct, isUnwrapped } from "./fields.ts";

/**
 * Writers of ProtoJSON text, compiled once per descriptor. As protobuf-es's toJson with two differences: a
 * 64-bit integer is a JSON number while every JavaScript reader gets it exactly (a safe integer), and a string
 * beyond; and an Any of an unknown type is written with its bytes in base64 instead of failing.
 */
export type WriteJson = (value: unknown) => string;

export interface JsonWriter {
  message(desc: DescMessage): WriteJson;
  /** Writes the value of one field, for `response_body`. */
  field(field: DescField): WriteJson;
}

export interface JsonWriterOptions {
  /** Types that google.protobuf.Any may hold. */
  registry: Registry;
  /** Whether fields without presence (scalars, enums, lists, maps) are written when they are zero or empty. */
  emitDefaults: boolean;
}

export function createJsonWriter({ registry, emitDefaults }: JsonWriterOptions): JsonWriter {
  const writers = new Map<DescMessage, WriteJson>();
  return { message: messageWriter, field: fieldWriter };

  function messageWriter(desc: DescMessage): WriteJson {
    let writer = writers.get(desc);
    if (writer === undefined) {
      writer = wellKnownWriter(desc) ?? fieldsWriter(desc);
      writers.set(desc, writer);
    }
    return writer;
  }

  function fieldsWriter(desc: DescMessage): WriteJson {
    const members = [...desc.fields].sort((a, b) => a.number - b.number).map(memberWriter);
    return (message) => {
      let out = "";
      for (let i = 0; i < members.length; i++) {
        const member = (members[i] as (message: Fields) => string)(message as Fields);
        if (member !== "") out += out === "" ? member : `,${member}`;
      }
      if ((message as Message).$unknown !== undefined)
        out += writeExtensions(desc, message as Message, out === "");
      return `{${out}}`;
    };
  }

  /** The extensions that the registry knows, as `"[full.name]":value`. */
  function writeExtensions(desc: DescMessage, message: Message, first: boolean): string {
    let out = "";
    for (const number of new Set(message.$unknown?.map(({ no }) => no))) {
      const extension = registry.getExtensionFor(desc, number);
      if (extension === undefined) continue;
      const value = fieldWriter(extensionField(extension))(getExtension(message, extension));
      out += `${first && out === "" ? "" : ","}${JSON.stringify(extension.jsonName)}:${value}`;
    }
    return out;
  }

  /** Writes `"name":value`, or nothing when the field is unset or, without emitDefaults, zero. */
  function memberWriter(field: DescField): (message: Fields) => string {
    const prefix = `${JSON.stringify(field.jsonName)}:`;
    const write = fieldWriter(field);
    const { localName } = field;
    if (hasPresence(field)) {
      return (message) => {
        const value = getField(message, field);
        return value === undefined ? "" : prefix + write(value);
      };
    }
    if (emitDefaults && !getOption(field, omit_empty)) return (message) => prefix + write(message[localName]);
    const isDefault = defaultTest(field);
    return (message) => {
      const value = message[localName];
      return isDefault(value) ? "" : prefix + write(value);
    };
  }

  function fieldWriter(field: DescField): WriteJson {
    const writeItem = itemWriter(field);
    switch (field.fieldKind) {
      case "list":
        return (value) => writeList(value as unknown[], writeItem);
      case "map":
        return (value) => writeMap(value as Fields, writeItem);
      default:
        return writeItem;
    }
  }

  function itemWriter(field: DescField): WriteJson {
    if (field.enum !== undefined) return enumWriter(field.enum);
    if (field.message === undefined) return scalarWriter(field.scalar);
    if (isPlainStruct(field)) return JSON.stringify;
    const { message } = field;
    const value = isUnwrapped(field) ? message.fields[0] : undefined;
    if (value?.fieldKind === "scalar") return scalarWriter(value.scalar);
    // Compiled on first use, since a message may contain itself.
    let writer: WriteJson | undefined;
    return (content) => {
      writer ??= messageWriter(message);
      return writer(content);
    };
  }

  function wellKnownWriter(desc: DescMessage): WriteJson | undefined {
    switch (desc.typeName) {
      case "google.protobuf.Any":
        return (value) => writeAny(value as Any);
      case "google.protobuf.FieldMask":
        return (value) => JSON.stringify((value as FieldMask).paths.map(camelPath).join(","));
      case "google.protobuf.Timestamp":
      case "google.protobuf.Duration":
      case "google.protobuf.Struct":
      case "google.protobuf.Value":
      case "google.protobuf.ListValue":
        return (value) => JSON.stringify(toJson(desc, value as never));
    }
    const value = isWrapperDesc(desc) ? desc.fields[0] : undefined;
    if (value?.fieldKind !== "scalar") return undefined;
    const write = scalarWriter(value.scalar);
    return (message) => write((message as Fields)["value"]);
  }

  function writeAny(any: Any): string {
    if (any.typeUrl === "") return "{}";
    const type = `{"@type":${JSON.stringify(any.typeUrl)}`;
    const content = unpack(any, registry);
    const desc = content && registry.getMessage(content.$typeName);
    if (desc === undefined) return `${type},"value":"${base64Encode(any.value)}"}`;
    const text = messageWriter(desc)(content);
    if (hasCustomJsonRepresentation(desc)) return `${type},"value":${text}}`;
    return text === "{}" ? `${type}}` : `${type},${text.slice(1)}`;
  }
}

/** The message in an Any; undefined when its type is not known, or its bytes are no such message. */
function unpack(any: Any, registry: Registry): Message | undefined {
  try {
    return anyUnpack(any, registry);
  } catch {
    return undefined;
  }
}

/** Writes a string; most need no escapes, which a test finds out sooner than JSON.stringify copies them. */
export function writeString(value: string): string {
  return needsEscape.test(value) ? JSON.stringify(value) : `"${value}"`;
}

// Quotes, backslashes, control characters, and surrogates: half of a pair has to be escaped.
const needsEscape = /["\\\ud800-\udfff]|[^ -\uffff]/;

function writeList(items: readonly unknown[], write: WriteJson): string {
  let out = "";
  for (let i = 0; i < items.length; i++) out += i === 0 ? write(items[i]) : `,${write(items[i])}`;
  return `[${out}]`;
}

function writeMap(map: Fields, write: WriteJson): string {
  let out = "";
  for (const key of Object.keys(map)) {
    const member = `${writeString(key)}:${write(map[key])}`;
    out += out === "" ? member : `,${member}`;
  }
  return `{${out}}`;
}

function scalarWriter(scalar: ScalarType): WriteJson {
  switch (scalar) {
    case ScalarType.STRING:
      return (value) => writeString(value as string);
    case ScalarType.BYTES:
      return (value) => `"${base64Encode(value as Uint8Array)}"`;
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return writeLong;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return writeFloat;
    case ScalarType.BOOL:
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return String;
  }
}

/** A bigint, or a string in fields with `jstype = JS_STRING`. */
function writeLong(value: unknown): string {
  const text = String(value);
  return text.length < 16 || Number.isSafeInteger(Number(text)) ? text : `"${text}"`;
}

function writeFloat(value: unknown): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return `"${String(value)}"`;
}

function enumWriter(desc: DescEnum): WriteJson {
  if (desc.typeName === "google.protobuf.NullValue") return () => "null";
  // Of a number with several names the first is written.
  const names = new Map(
    desc.values.toReversed().map((value) => [value.number, JSON.stringify(value.jsonName)]),
  );
  return (value) => names.get(value as number) ?? String(value);
}

function defaultTest(field: DescField): (value: unknown) => boolean {
  if (field.fieldKind === "list") return (value) => (value as unknown[]).length === 0;
  if (field.fieldKind === "map") return (value) => Object.keys(value as Fields).length === 0;
  if (field.fieldKind === "enum") {
    const zero = field.enum.values[0]?.number;
    return (value) => value === zero;
  }
  switch (field.scalar) {
    case ScalarType.BYTES:
      return (value) => (value as Uint8Array).length === 0;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return (value) => Object.is(value, 0);
    case ScalarType.STRING:
      return (value) => value === "";
    default:
      // Loose on purpose: matches 0, 0n, "0" (a 64-bit integer kept as a string) and false.
      return (value) => value == 0;
  }
}

function camelPath(path: string): string {
  return path.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
