import type { DescExtension, DescField, DescMessage, Message, Registry } from "@bufbuild/protobuf";
import { create, fromJson, hasExtension, setExtension } from "@bufbuild/protobuf";
import { AnySchema, anyPack, hasCustomJsonRepresentation, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { BadInput, didYouMean } from "./bad-input.ts";
import { extensionField, type Fields, isPlainStruct, isUnwrapped, newMessage, setField } from "./fields.ts";
import { enumReader, readNullValue, readString, scalarReader } from "./json-scalar.ts";
import { JsonText } from "./json-text.ts";
import { messageTextReader } from "./message-text.ts";
import { requiredCheck } from "./required.ts";
import { type ReadText, scalarTextReader } from "./scalar-text.ts";

/**
 * Readers of ProtoJSON, compiled once per descriptor. They accept lowerCamelCase and proto names, 64-bit
 * integers as numbers or strings (both exact), enums by name or number; they refuse unknown fields, a field
 * given twice and two members of one oneof. `null` leaves a field unset.
 */
export interface JsonRead {
  readonly json: JsonText;
  /** Types that google.protobuf.Any may hold. */
  readonly registry: Registry;
  /** When set, gathers the proto paths that are present, for a field mask. Lists and maps count whole. */
  present: string[] | undefined;
  prefix: string;
}

type ReadValue = (read: JsonRead) => unknown;
type ReadInto = (read: JsonRead, message: Fields, skipType?: boolean) => void;

interface Entry {
  readonly field: DescField;
  readonly index: number;
  readonly jsonName: string;
  /** The name and colon as clients write them. */
  readonly quoted: string;
  /** The property that holds the field; undefined for a oneof's member. */
  readonly plainName: string | undefined;
  readonly readValue: ReadValue;
  /** Reads sub-messages whose fields have paths of their own in a field mask. */
  readonly nested: boolean;
  /** `null` is a value here (google.protobuf.Value and NullValue). */
  readonly takesNull: boolean;
}

/** Reads the whole text into a new message of this type. Throws BadInput with the field's path. */
export function readMessageJson(desc: DescMessage, read: JsonRead): Fields {
  return readWhole(read, "", () => messageReader(desc)(read)) as Fields;
}

/**
 * Reads the whole text as the value of one field and sets it; `null` leaves it unset. Throws BadInput with a
 * path that begins with the field.
 */
export function readFieldJson(field: DescField, message: Fields, read: JsonRead): void {
  const entry = wholeEntry(field);
  readWhole(read, field.jsonName, () => {
    if (!entry.takesNull && read.json.takeNull()) return;
    setField(message, field, entry.readValue(read));
  });
}

function readWhole(read: JsonRead, root: string, value: () => unknown): unknown {
  try {
    const result = value();
    read.json.end();
    return result;
  } catch (err) {
    if (err instanceof BadInput) {
      const path = read.json.path();
      err.field ??= root === "" || path === "" || path.startsWith("[") ? root + path : `${root}.${path}`;
    }
    throw err;
  }
}

const wholeEntries = new WeakMap<DescField, Entry>();

/** The entry of a field that is a text of its own. */
function wholeEntry(field: DescField): Entry {
  let entry = wholeEntries.get(field);
  if (entry === undefined) wholeEntries.set(field, (entry = compileEntry(field, 0)));
  return entry;
}

const compiled = new WeakMap<DescMessage, ReadValue>();
const compiledFields = new WeakMap<DescMessage, ReadInto>();

function messageReader(desc: DescMessage): ReadValue {
  let reader = compiled.get(desc);
  if (reader === undefined) {
    reader = wellKnownReader(desc);
    if (reader === undefined) {
      const readInto = fieldsReader(desc);
      reader = (read) => {
        const message = newMessage(desc);
        readInto(read, message);
        return message;
      };
    }
    compiled.set(desc, reader);
  }
  return reader;
}

/** Compiled on first use, since a message may contain itself. */
function lazyMessageReader(desc: DescMessage): ReadValue {
  let reader: ReadValue | undefined;
  return (read) => {
    reader ??= messageReader(desc);
    return reader(read);
  };
}

/** The reader of a message's fields, without regard to a JSON form of its own. */
function fieldsReader(desc: DescMessage): ReadInto {
  let reader = compiledFields.get(desc);
  if (reader === undefined) compiledFields.set(desc, (reader = compileFields(desc)));
  return reader;
}

function compileFields(desc: DescMessage): ReadInto {
  const entries = new Map<string, Entry>();
  const inOrder = desc.fields.map((field, index) => {
    const entry = compileEntry(field, index);
    entries.set(field.name, entry).set(field.jsonName, entry);
    return entry;
  });
  const expected = `an object (${desc.name})`;
  return (read, message, skipType = false) => {
    const { json } = read;
    json.open("{", expected);
    let low = 0; // bit set of the fields seen; those from 31 on go to a Set
    let high: Set<number> | undefined;
    // Most clients write fields in the order of declaration, and comparing is cheaper than looking up.
    let next = 0;
    for (let first = true; ; first = false) {
      let entry = inOrder[next];
      if (entry === undefined || !json.takeMember(first, entry.jsonName, entry.quoted)) {
        const name = json.member(first);
        if (name === undefined) return;
        entry = entries.get(name);
        if (entry === undefined) {
          readUnknown(read, { desc, message, name, skipType });
          continue;
        }
      }
      next = entry.index + 1;
      if (entry.index < 31) {
        const bit = 1 << entry.index;
        if ((low & bit) !== 0) throw new BadInput("is given twice");
        low |= bit;
      } else {
        high ??= new Set();
        if (high.has(entry.index)) throw new BadInput("is given twice");
        high.add(entry.index);
      }
      if (read.present === undefined) readEntry(read, message, entry);
      else readPresent(read, read.present, message, entry);
    }
  };
}

/** A member that is no field: an extension, or what an Any has besides its message's fields; else refused. */
function readUnknown(
  read: JsonRead,
  { desc, message, name, skipType }: { desc: DescMessage; message: Fields; name: string; skipType: boolean },
): void {
  if (skipType && name === "@type") {
    read.json.value();
    return;
  }
  const extension = name.startsWith("[") ? findExtension(read, desc, name) : undefined;
  if (extension === undefined) {
    const hint = didYouMean(
      name,
      desc.fields.map(({ jsonName }) => jsonName),
    );
    throw new BadInput(`unknown field${hint}`);
  }
  readExtension(read, message, extension);
}

/** `[full.name]`, when the registry has such an extension of the message. */
function findExtension({ registry }: JsonRead, desc: DescMessage, name: string): DescExtension | undefined {
  const extension = registry.getExtension(name.slice(1, -1));
  const fits = extension?.extendee.typeName === desc.typeName && extension.jsonName === name;
  return fits ? extension : undefined;
}

function readExtension(read: JsonRead, message: Fields, extension: DescExtension): void {
  const extended = message as unknown as Message;
  if (hasExtension(extended, extension)) throw new BadInput("is given twice");
  const { present } = read;
  read.present = undefined; // a field mask cannot name an extension
  const entry = compileEntry(extensionField(extension), 0);
  if (entry.takesNull || !read.json.takeNull()) {
    const value = entry.readValue(read);
    const check = extension.message && requiredCheck(extension.message);
    for (const item of extension.fieldKind === "list" ? (value as Fields[]) : [value])
      check?.(item as Fields);
    setExtension(extended, extension, value as never);
  }
  read.present = present;
}

function readEntry(read: JsonRead, message: Fields, entry: Entry): void {
  if (!entry.takesNull && read.json.takeNull()) return;
  const value = entry.readValue(read);
  if (entry.plainName === undefined) setField(message, entry.field, value);
  else message[entry.plainName] = value;
}

/** As readEntry, noting the paths: of a nested message its fields', or its own when it is empty or null. */
function readPresent(read: JsonRead, present: string[], message: Fields, entry: Entry): void {
  const { prefix } = read;
  const path = prefix + entry.field.name;
  const before = present.length;
  if (entry.nested) read.prefix = `${path}.`;
  else read.present = undefined;
  readEntry(read, message, entry);
  read.prefix = prefix;
  read.present = present;
  if (present.length === before) present.push(path);
}

function compileEntry(field: DescField, index: number): Entry {
  const takesNull =
    (field.fieldKind === "message" && field.message.typeName === "google.protobuf.Value") ||
    (field.fieldKind === "enum" && field.enum.typeName === "google.protobuf.NullValue");
  const nested = field.fieldKind === "message" && !hasCustomJsonRepresentation(field.message);
  const quoted = `${JSON.stringify(field.jsonName)}:`;
  const { jsonName } = field;
  const plainName = field.oneof === undefined ? field.localName : undefined;
  return { field, index, jsonName, quoted, plainName, readValue: compileField(field), nested, takesNull };
}

function compileField(field: DescField): ReadValue {
  switch (field.fieldKind) {
    case "list": {
      const readItem = compileItem(field);
      return (read) => readList(read, readItem);
    }
    case "map":
      return mapReader(field);
    default:
      return compileItem(field);
  }
}

/** The reader of one value: of the field, of an item, or of a map's value. */
function compileItem(field: DescField): ReadValue {
  if (field.enum !== undefined) {
    if (field.enum.typeName === "google.protobuf.NullValue") return readNullValue;
    return enumReader(field.enum);
  }
  if (field.message !== undefined) {
    if (isPlainStruct(field)) return readPlainStruct;
    if (isUnwrapped(field)) {
      const value = field.message.fields[0];
      if (value?.fieldKind === "scalar") return scalarReader(value.scalar, value.longAsString);
    }
    return lazyMessageReader(field.message);
  }
  return scalarReader(field.scalar, field.fieldKind !== "map" && field.longAsString);
}

function readList(read: JsonRead, readItem: ReadValue): unknown[] {
  const { json } = read;
  const items: unknown[] = [];
  json.open("[", "an array");
  while (json.item(items.length)) items.push(readItem(read));
  return items;
}

function mapReader(field: DescField & { fieldKind: "map" }): ReadValue {
  const readValue = compileItem(field);
  const readKey: ReadText = scalarTextReader(field.mapKey, true);
  return (read) => {
    const { json } = read;
    const map: Fields = {};
    json.open("{", "an object");
    for (let name = json.member(true); name !== undefined; name = json.member(false)) {
      const key = String(readKey(name));
      if (Object.hasOwn(map, key)) throw new BadInput("is given twice");
      setOwn(map, key, readValue(read));
    }
    return map;
  };
}

/** Sets an own property, also for the name `__proto__`. */
export function setOwn(object: Fields, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[name] = value;
  }
}

function readPlainStruct({ json }: JsonRead): unknown {
  if (json.peek() !== 0x7b) throw json.mismatch("an object");
  return json.value();
}

/** Readers of the messages that have a JSON form of their own. */
function wellKnownReader(desc: DescMessage): ReadValue | undefined {
  switch (desc.typeName) {
    case "google.protobuf.Any":
      return readAny;
    case "google.protobuf.Value":
      return ({ json }) => fromJson(desc, json.value());
    case "google.protobuf.Struct":
      return (read) => fromJson(desc, readPlainStruct(read) as Record<string, never>);
    case "google.protobuf.ListValue":
      return ({ json }) => {
        if (json.peek() !== 0x5b) throw json.mismatch("an array");
        return fromJson(desc, json.value());
      };
  }
  const value = isWrapperDesc(desc) ? desc.fields[0] : undefined;
  if (value?.fieldKind === "scalar") {
    const readScalar = scalarReader(value.scalar, value.longAsString);
    return (read) => {
      const message = newMessage(desc);
      message["value"] = readScalar(read);
      return message;
    };
  }
  const readText = messageTextReader(desc, false);
  if (readText === undefined) return undefined;
  return ({ json }) => readText(readString(json, `a string (${desc.name})`));
}

/** An Any is read twice: once for its `@type`, wherever among the members that is, and once as that type. */
function readAny(read: JsonRead): unknown {
  const { json } = read;
  const ahead = new JsonText(json.text, json.maxDepth - json.depth);
  json.peek();
  ahead.position = json.position;
  let typeUrl: unknown;
  let empty = true;
  ahead.open("{", "an object");
  for (let name = ahead.member(true); name !== undefined; name = ahead.member(false)) {
    const value = ahead.value();
    empty = false;
    if (name === "@type") typeUrl = value;
  }
  if (empty) {
    json.value();
    return create(AnySchema);
  }
  if (typeof typeUrl !== "string") throw new BadInput("needs the member @type, a string");
  const desc = read.registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
  if (desc === undefined) throw new BadInput("has an @type that is not known here");
  const content = hasCustomJsonRepresentation(desc) ? readAnyValue(read, desc) : readAnyFields(read, desc);
  requiredCheck(desc)?.(content as Fields);
  return anyPack(desc, content as never);
}

function readAnyFields(read: JsonRead, desc: DescMessage): unknown {
  const message = newMessage(desc);
  fieldsReader(desc)(read, message, true);
  return message;
}

function readAnyValue(read: JsonRead, desc: DescMessage): unknown {
  const { json } = read;
  let content: unknown;
  json.open("{", "an object");
  for (let name = json.member(true); name !== undefined; name = json.member(false)) {
    if (name === "@type") json.value();
    else if (name !== "value") throw new BadInput("unknown field beside @type and value");
    else if (content !== undefined) throw new BadInput("is given twice");
    else content = messageReader(desc)(read);
  }
  if (content === undefined) throw new BadInput("needs the member value");
  return content;
}
