import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { BadInput } from "./bad-input.ts";
import { type Fields, getField, isPlainStruct, isUnwrapped } from "./fields.ts";

/** Throws BadInput, naming the field, when a required field of the message or of one within is not set. */
export type CheckRequired = (message: Fields) => void;

/**
 * The check for required fields (proto2, and `LEGACY_REQUIRED` in editions), or undefined when the message has
 * none anywhere. Without it such a message would fail only when it is written for the wire, as if by our fault.
 */
export function requiredCheck(desc: DescMessage): CheckRequired | undefined {
  let needed = checked.get(desc);
  if (needed === undefined) checked.set(desc, (needed = reaches(desc, new Set())));
  return needed ? (message) => check(desc, message, "") : undefined;
}

const checked = new WeakMap<DescMessage, boolean>();

const isRequired = (field: DescField): boolean => field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;

function reaches(desc: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(desc)) return false;
  seen.add(desc);
  return desc.fields.some(
    (field) => isRequired(field) || (field.message !== undefined && reaches(field.message, seen)),
  );
}

function check(desc: DescMessage, message: Fields, prefix: string): void {
  for (const field of desc.fields) {
    const value = getField(message, field);
    const path = prefix + field.jsonName;
    if (value === undefined) {
      if (isRequired(field)) throw new BadInput("is required", path);
      continue;
    }
    if (field.message === undefined || isUnwrapped(field) || isPlainStruct(field)) continue;
    switch (field.fieldKind) {
      case "message":
        check(field.message, value as Fields, `${path}.`);
        break;
      case "list":
        for (const [i, item] of (value as Fields[]).entries()) check(field.message, item, `${path}[${i}].`);
        break;
      case "map":
        for (const [key, item] of Object.entries(value as Record<string, Fields>)) {
          check(field.message, item, `${path}[${JSON.stringify(key)}].`);
        }
        break;
    }
  }
}
