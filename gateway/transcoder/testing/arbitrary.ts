import { create, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { type Fields, isPlainStruct, isUnwrapped } from "../fields.ts";

/** Random messages of a type as protobuf-es holds them, every kind of field included, at most so deep. */
export function messageOf(desc: DescMessage, depth = 3): fc.Arbitrary<Fields> {
  const special = wellKnown(desc);
  if (special !== undefined) return special;
  const plain: Record<string, fc.Arbitrary<unknown>> = {};
  const oneofs = new Map<string, fc.Arbitrary<unknown>[]>();
  for (const field of desc.fields) {
    if (depth === 0 && field.message !== undefined && wellKnown(field.message) === undefined) continue;
    const value = valueOf(field, depth);
    if (field.oneof === undefined) {
      plain[field.localName] = value;
    } else {
      const cases = oneofs.get(field.oneof.localName) ?? [fc.constant({ case: undefined })];
      cases.push(value.map((content) => ({ case: field.localName, value: content })));
      oneofs.set(field.oneof.localName, cases);
    }
  }
  for (const [name, cases] of oneofs) plain[name] = fc.oneof(...cases);
  // Few fields at a time, or the messages get huge.
  const names = Object.keys(plain);
  const required = desc.fields
    .filter(({ presence }) => presence === FeatureSet_FieldPresence.LEGACY_REQUIRED)
    .map(({ localName }) => localName);
  return fc
    .subarray(names, { maxLength: Math.min(8, names.length) })
    .map((some) => [...new Set([...some, ...required])])
    .chain((some) =>
      fc.record(Object.fromEntries(some.map((name) => [name, plain[name] as fc.Arbitrary<unknown>]))),
    )
    .map((init) => create(desc, init) as unknown as Fields);
}

function valueOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const item = itemOf(field, depth);
  switch (field.fieldKind) {
    case "list":
      return fc.array(item, { maxLength: 3 });
    case "map":
      return fc.dictionary(keyOf(field.mapKey), item, { maxKeys: 3 });
    default:
      return item;
  }
}

function itemOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.enum !== undefined) {
    if (field.enum.typeName === "google.protobuf.NullValue") return fc.constant(0);
    const known = fc.constantFrom(...field.enum.values.map((value) => value.number));
    return field.enum.open ? fc.oneof(known, fc.integer()) : known;
  }
  if (field.message !== undefined) {
    if (isPlainStruct(field)) return json;
    const value = isUnwrapped(field) ? field.message.fields[0] : undefined;
    if (value?.fieldKind === "scalar") return scalarOf(value.scalar);
    return messageOf(field.message, depth - 1);
  }
  const value = scalarOf(field.scalar);
  return field.fieldKind !== "map" && field.longAsString ? value.map(String) : value;
}

function keyOf(key: ScalarType): fc.Arbitrary<string> {
  return scalarOf(key).map(String);
}

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "0", "__proto__"),
);

function scalarOf(scalar: ScalarType): fc.Arbitrary<unknown> {
  switch (scalar) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 8 });
    case ScalarType.DOUBLE:
      return fc.double();
    case ScalarType.FLOAT:
      return fc.float();
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.nat({ max: 0xffffffff });
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return fc.integer();
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return fc.oneof(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.bigInt({ min: -9n, max: 9n }),
      );
  }
}

const json = fc.dictionary(
  text,
  fc.oneof(text, fc.integer(), fc.constant(null), fc.array(fc.boolean(), { maxLength: 2 })),
  {
    maxKeys: 3,
  },
);

function wellKnown(desc: DescMessage): fc.Arbitrary<Fields> | undefined {
  const made = (init: Record<string, unknown>) => create(desc, init) as unknown as Fields;
  const nanos = fc.constantFrom(0, 1, 1000, 500_000_000, 999_999_999);
  switch (desc.typeName) {
    case "google.protobuf.Timestamp":
      return fc.record({ seconds: fc.bigInt({ min: -62135596800n, max: 253402300799n }), nanos }).map(made);
    case "google.protobuf.Duration":
      return fc
        .record({ seconds: fc.bigInt({ min: 0n, max: 315576000000n }), nanos, negative: fc.boolean() })
        .map(({ seconds, nanos: n, negative }) =>
          made(negative ? { seconds: -seconds, nanos: n === 0 ? 0 : -n } : { seconds, nanos: n }),
        );
    case "google.protobuf.FieldMask":
      return fc
        .array(fc.constantFrom("a", "foo_bar", "a.b_c"), { maxLength: 3 })
        .map((paths) => made({ paths }));
    case "google.protobuf.Value":
      return fc
        .oneof(
          fc.record({ case: fc.constant("stringValue"), value: text }),
          fc.record({ case: fc.constant("numberValue"), value: fc.integer() }),
          fc.constant({ case: "nullValue", value: 0 }),
        )
        .map((kind) => made({ kind }));
    case "google.protobuf.ListValue":
      return fc.constantFrom(
        made({ values: [] }),
        made({ values: [{ kind: { case: "boolValue", value: true } }] }),
      );
    case "google.protobuf.Any":
      // Empty, or an Any within an Any, whose type every registry of these tests has.
      return fc.constantFrom(
        made({}),
        made({ typeUrl: `type.googleapis.com/${desc.typeName}`, value: new Uint8Array() }),
      );
    default:
      return undefined;
  }
}
