import type { Value } from "@bufbuild/protobuf/wkt";
import { invalidArgument } from "../lib/errors/reasons.ts";

/** Characters at most. */
const longest = 255;

/**
 * A string that clients may also give as a number, as ids that were counted once. Empty when it was left out or null.
 * Errors: INVALID_ARGUMENT, naming `field`, for any other value.
 */
export function textOf(value: Value | undefined, field: string): string {
  const { kind } = value ?? {};
  switch (kind?.case) {
    case undefined:
    case "nullValue":
      return "";
    case "stringValue":
      if (kind.value.length <= longest) return kind.value;
      throw invalidArgument([{ field, description: `must have at most ${longest} characters` }]);
    case "numberValue":
      if (Number.isSafeInteger(kind.value)) return String(kind.value);
      throw invalidArgument([{ field, description: "must be a string or a whole number" }]);
    default:
      throw invalidArgument([{ field, description: "must be a string or a whole number" }]);
  }
}

/** As `textOf`, of a name that must be there. */
export function nameOf(value: Value | undefined, field: string): string {
  const text = textOf(value, field);
  if (text.length >= 1 && text.length <= 64) return text;
  throw invalidArgument([{ field, description: "must have 1 to 64 characters" }]);
}
