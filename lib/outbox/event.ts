import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type MessageShape,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** Something that happened, as it is published. */
export interface OutboxEvent {
  /** The same each time it is published. */
  id: string;
  type: string;
  /** The id of what it is about. */
  subject: string;
  /** A JSON object. */
  data: string;
  eventTime: Timestamp;
}

/** An event as its service keeps it until it is published. */
export interface OutboxRow extends Pick<OutboxEvent, "type" | "subject" | "data"> {
  /** The number of its row in the log. */
  row: bigint;
  eventTime: Date;
}

/** Characters of an event's data at most. */
const maxDataLength = 200_000;

/**
 * The data of an event: `{name: message}`, the message as REST writes it. One that is too long is cut down to its id,
 * by which it can be asked for.
 */
export function eventData<D extends DescMessage>({
  name,
  id,
  desc,
  message,
}: {
  name: string;
  id: string;
  desc: D;
  message: MessageShape<D>;
}): string {
  const json = toJson(desc, message, { alwaysEmitImplicit: true });
  const data = JSON.stringify({ [name]: withNumbers(desc, json) });
  return data.length <= maxDataLength ? data : JSON.stringify({ [name]: { id } });
}

/** ProtoJSON whose 64-bit integers are numbers while JavaScript reads them exactly. */
function withNumbers(desc: DescMessage, json: JsonValue): JsonValue {
  // Well-known types have forms of their own.
  if (!isObject(json) || desc.typeName.startsWith("google.protobuf.")) return json;
  const fields = new Map(desc.fields.map((field) => [field.jsonName, field]));
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      const field = fields.get(name);
      return [name, field === undefined ? value : fieldWithNumbers(field, value)];
    }),
  );
}

function fieldWithNumbers(field: DescField, value: JsonValue): JsonValue {
  const each = (single: JsonValue) =>
    field.message !== undefined
      ? withNumbers(field.message, single)
      : longs.has(field.scalar) && Number.isSafeInteger(Number(single))
        ? Number(single)
        : single;
  if (Array.isArray(value)) return value.map(each);
  if (field.fieldKind === "map" && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, single]) => [key, each(single)]));
  }
  return each(value);
}

const longs: ReadonlySet<ScalarType | undefined> = new Set([
  ScalarType.INT64,
  ScalarType.SINT64,
  ScalarType.SFIXED64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
]);

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
