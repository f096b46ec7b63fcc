import type { DescExtension, DescField, DescMessage } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { BadInput } from "./bad-input.ts";

/** A protobuf-es message, seen as the object it is: one property per field or oneof, by local name. */
export type Fields = Record<string, unknown>;

type Oneof = { case: string | undefined; value?: unknown };

/** A new message of a type known at run time only. */
export function newMessage(desc: DescMessage): Fields {
  return create(desc) as unknown as Fields;
}

/** The value of a field as stored; undefined when it has presence and is not set. */
export function getField(message: Fields, field: DescField): unknown {
  if (field.oneof !== undefined) {
    const oneof = message[field.oneof.localName] as Oneof;
    return oneof.case === field.localName ? oneof.value : undefined;
  }
  // In proto2 and editions, defaults of unset fields shine through from the prototype.
  return Object.hasOwn(message, field.localName) ? message[field.localName] : undefined;
}

/** Sets a field; throws BadInput when another member of its oneof is set. */
export function setField(message: Fields, field: DescField, value: unknown): void {
  if (field.oneof === undefined) {
    message[field.localName] = value;
    return;
  }
  const taken = (message[field.oneof.localName] as Oneof).case;
  if (taken !== undefined && taken !== field.localName) {
    throw new BadInput(`cannot be given together with ${taken}: only one of ${field.oneof.name} may be`);
  }
  message[field.oneof.localName] = { case: field.localName, value };
}

/** The sub-message of a message field, made when it is not there. */
export function childMessage(message: Fields, field: DescField & { fieldKind: "message" }): Fields {
  const present = getField(message, field);
  if (present !== undefined) return present as Fields;
  const child = newMessage(field.message);
  setField(message, field, child);
  return child;
}

/** Whether a client has to set the field for it to be set: messages, oneof members, `optional` fields. */
export function hasPresence(field: DescField): boolean {
  if (field.fieldKind === "list" || field.fieldKind === "map") return false;
  return field.fieldKind === "message" || field.presence !== FeatureSet_FieldPresence.IMPLICIT;
}

/** Whether protobuf-es stores the wrapper message in this field as its bare value. */
export function isUnwrapped(field: DescField): boolean {
  return field.fieldKind === "message" && field.oneof === undefined && isWrapperDesc(field.message);
}

/** Whether protobuf-es stores the google.protobuf.Struct of this field (or its items) as a plain object. */
export function isPlainStruct(field: DescField): boolean {
  return (
    field.message?.typeName === "google.protobuf.Struct" && field.parent.typeName !== "google.protobuf.Value"
  );
}

/** Proto names of a chain of fields, dotted. */
export function canonicalPath(chain: readonly DescField[]): string {
  return chain.map((field) => field.name).join(".");
}

/** An extension as the field of the extended message that it is in JSON. */
export function extensionField(extension: DescExtension): DescField {
  const { typeName, extendee } = extension;
  return {
    ...extension,
    kind: "field",
    parent: extendee,
    localName: typeName,
    oneof: undefined,
  } as DescField;
}
