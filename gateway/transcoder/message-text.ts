import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type Duration,
  DurationSchema,
  type FieldMask,
  FieldMaskSchema,
  isWrapperDesc,
  type Timestamp,
  TimestampSchema,
} from "@bufbuild/protobuf/wkt";
import { BadInput } from "./bad-input.ts";
import { newMessage } from "./fields.ts";
import { enumTextReader, type ReadText, scalarTextReader } from "./scalar-text.ts";

/**
 * A reader of one value of a field (an item of a list, a value of a map) from text, or undefined when text
 * cannot hold it.
 */
export function fieldTextReader(field: DescField): ReadText | undefined {
  if (field.enum !== undefined) return enumTextReader(field.enum);
  if (field.message === undefined) {
    return scalarTextReader(field.scalar, field.fieldKind !== "map" && field.longAsString);
  }
  const unwrapped = field.fieldKind === "message" && field.oneof === undefined;
  return messageTextReader(field.message, unwrapped);
}

/** A reader of a well-known type that JSON writes as a string or a scalar. */
export function messageTextReader(desc: DescMessage, unwrapped: boolean): ReadText | undefined {
  switch (desc.typeName) {
    case "google.protobuf.Timestamp":
      return readTimestamp;
    case "google.protobuf.Duration":
      return readDuration;
    case "google.protobuf.FieldMask":
      return readFieldMask;
  }
  const value = isWrapperDesc(desc) ? desc.fields[0] : undefined;
  if (value?.fieldKind !== "scalar") return undefined;
  const read = scalarTextReader(value.scalar, value.longAsString);
  if (unwrapped) return read;
  return (text) => {
    const message = newMessage(desc);
    message["value"] = read(text);
    return message;
  };
}

const timestamp =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;
const minTimestampMs = Date.parse("0001-01-01T00:00:00Z");
const maxTimestampMs = Date.parse("9999-12-31T23:59:59Z");

/** RFC 3339 with an offset and up to nine fractional digits, from year 1 to 9999. */
function readTimestamp(text: string): Timestamp {
  const match = timestamp.exec(text);
  if (match === null) throw new BadInput("must be an RFC 3339 time such as 2030-01-31T12:00:00Z");
  const [, year, month, day, hour, minute, second, fraction = "", sign, offsetHour, offsetMinute] = match;
  const clock = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  const local = Date.parse(clock);
  // Date.parse moves 30 February into March; a time that does not print as it was written is none.
  if (Number.isNaN(local) || new Date(local).toISOString() !== clock.replace("Z", ".000Z")) {
    throw new BadInput("is no date of the calendar");
  }
  if (Number(offsetHour ?? 0) > 23 || Number(offsetMinute ?? 0) > 59)
    throw new BadInput("has no valid offset");
  const offsetMs = (Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0)) * 60_000;
  const ms = sign === "-" ? local + offsetMs : local - offsetMs;
  if (ms < minTimestampMs || ms > maxTimestampMs) throw new BadInput("must be in the years 0001 to 9999");
  return create(TimestampSchema, { seconds: BigInt(ms / 1000), nanos: Number(fraction.padEnd(9, "0")) });
}

const duration = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;
const maxDurationSeconds = 315_576_000_000;

/** Decimal seconds with the suffix `s`, at most about 10,000 years either way. */
function readDuration(text: string): Duration {
  const match = duration.exec(text);
  if (match === null) throw new BadInput("must be a duration in seconds such as 1.5s");
  const [, sign, whole = "0", fraction = ""] = match;
  const seconds = Number(whole);
  const nanos = Number(fraction.padEnd(9, "0"));
  if (seconds > maxDurationSeconds) throw new BadInput(`must be within ${maxDurationSeconds} seconds`);
  return sign === "-"
    ? create(DurationSchema, { seconds: BigInt(-seconds), nanos: nanos === 0 ? 0 : -nanos })
    : create(DurationSchema, { seconds: BigInt(seconds), nanos });
}

/** Comma-separated field paths, in lowerCamelCase or as the proto names them; stored as proto names. */
function readFieldMask(text: string): FieldMask {
  const paths = text === "" ? [] : text.split(",").map((path) => snakePath(path.trim()));
  return create(FieldMaskSchema, { paths });
}

function snakePath(path: string): string {
  if (path === "") throw new BadInput("has an empty path");
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
