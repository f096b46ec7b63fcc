import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import type { Schema } from "./types.ts";

/** The JSON form of a scalar, as the transcoder reads and writes it. */
export function scalarSchema(scalar: ScalarType): Schema {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: "integer", format: "int32" };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: "integer", minimum: 0, maximum: 4_294_967_295 };
    // A number while every reader of JSON gets it exactly, a string beyond.
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { type: ["integer", "string"], format: "int64", pattern: "^-?[0-9]{1,19}$" };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { type: ["integer", "string"], format: "uint64", minimum: 0, pattern: "^[0-9]{1,20}$" };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { anyOf: [{ type: "number" }, { type: "string", enum: ["NaN", "Infinity", "-Infinity"] }] };
  }
}

/** The JSON form of a well-known type; undefined for every other message. */
export function wellKnownSchema(desc: DescMessage): Schema | undefined {
  const value = isWrapperDesc(desc) ? desc.fields[0] : undefined;
  if (value?.fieldKind === "scalar") return scalarSchema(value.scalar);
  switch (desc.typeName) {
    case "google.protobuf.Timestamp":
      return { type: "string", format: "date-time" };
    case "google.protobuf.Duration":
      return { type: "string", pattern: "^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$" };
    case "google.protobuf.FieldMask":
      return { type: "string", pattern: "^([A-Za-z0-9_.]+(,[A-Za-z0-9_.]+)*)?$" };
    case "google.protobuf.Any":
      return { type: "object", properties: { "@type": { type: "string" } }, required: ["@type"] };
    case "google.protobuf.Struct":
      return { type: "object", additionalProperties: true };
    case "google.protobuf.ListValue":
      return { type: "array", items: {} };
    case "google.protobuf.Value":
      return {};
    case "google.protobuf.Empty":
      return { type: "object" };
    default:
      return undefined;
  }
}

/** Whether the message is bytes with a content type of their own. */
export function isHttpBody(desc: DescMessage | undefined): boolean {
  return desc?.typeName === "google.api.HttpBody";
}

/** A top-level field of type string. */
export function stringField(desc: DescMessage | undefined, name: string): DescField | undefined {
  return desc?.fields.find((field) => field.name === name && isPlainString(field));
}

function isPlainString(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
}
