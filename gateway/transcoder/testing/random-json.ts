import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Random } from "./random.ts";

const odd = [
  "null",
  "true",
  "1.5",
  "-0",
  "1e400",
  '"x"',
  '""',
  "[]",
  "{}",
  '"\\ud800"',
  "[null]",
  "tru",
  "01",
  '{"a":{}}',
];

/** JSON text for a message, most of it as the type wants it, now and then not. */
export function randomJson(random: Random, desc: DescMessage, depth = 3): string {
  if (random.onceIn(40)) return random.pick(odd);
  const special = wellKnown(random, desc);
  if (special !== undefined) return special;
  const fields = random.some(5, () => random.pick(desc.fields));
  const members = fields.map((field) => {
    const name = random.onceIn(40) ? `${field.name}x` : random.onceIn(3) ? field.name : field.jsonName;
    return `${JSON.stringify(name)}:${valueOf(random, field, depth)}`;
  });
  if (random.onceIn(60))
    members.push(random.pick(['"__proto__":{}', '"@type":"x"', '"[a.b]":1', '"":1', "x"]));
  return `{${members.join(random.onceIn(50) ? ",," : ",")}}`;
}

function valueOf(random: Random, field: DescField, depth: number): string {
  if (random.onceIn(25)) return random.pick(odd);
  switch (field.fieldKind) {
    case "list":
      return `[${random.some(4, () => itemOf(random, field, depth)).join(",")}]`;
    case "map":
      return `{${random.some(4, () => `${JSON.stringify(random.pick(["1", "true", "k", "__proto__"]))}:${itemOf(random, field, depth)}`).join(",")}}`;
    default:
      return itemOf(random, field, depth);
  }
}

function itemOf(random: Random, field: DescField, depth: number): string {
  if (field.enum !== undefined) {
    return random.pick([...field.enum.values.map(({ name }) => JSON.stringify(name)), "1", "99", '"NOPE"']);
  }
  if (field.message !== undefined) return depth === 0 ? "{}" : randomJson(random, field.message, depth - 1);
  return random.pick(field.scalar === undefined ? odd : (scalars[field.scalar] ?? numbers));
}

const numbers = [
  "0",
  "1",
  "-1",
  '"7"',
  "2147483647",
  "4294967295",
  "1e3",
  "9007199254740993",
  '"18446744073709551615"',
  "1.5",
];
const texts = ['""', '"a"', '"é€😀"', '"\\u0000\\n"', '"a/b:c"', '"AQI="', JSON.stringify("x".repeat(2000))];
const scalars: Partial<Record<ScalarType, readonly string[]>> = {
  [ScalarType.STRING]: texts,
  [ScalarType.BYTES]: ['""', '"AQI="', '"-_8"', '"+/8="', '"A"', '"a*"'],
  [ScalarType.BOOL]: ["true", "false", '"true"', "1"],
  [ScalarType.DOUBLE]: [...numbers, '"NaN"', '"-Infinity"', "1e308", "-0.0"],
};

function wellKnown(random: Random, { typeName }: DescMessage): string | undefined {
  switch (typeName) {
    case "google.protobuf.Timestamp":
      return random.pick([
        '"1970-01-01T00:00:00Z"',
        '"9999-12-31T23:59:59.999999999Z"',
        '"2030-02-30T00:00:00Z"',
        "0",
      ]);
    case "google.protobuf.Duration":
      return random.pick(['"1.5s"', '"-0.000000001s"', '"315576000001s"', '"1"']);
    case "google.protobuf.FieldMask":
      return random.pick(['"fooBar,a.b"', '""', '"a,,b"']);
    case "google.protobuf.Struct":
      return random.pick(["{}", '{"a":[1,{"b":null}]}', "[]", '{"__proto__":{"x":1}}']);
    case "google.protobuf.Value":
      return random.pick(["null", "1e5", '"x"', "[[],{}]", '{"a":"b"}']);
    case "google.protobuf.ListValue":
      return random.pick(["[]", "[1,null,[true]]", "{}"]);
    case "google.protobuf.Any":
      return random.pick([
        ...[
          "{}",
          '{"@type":"x/google.protobuf.Duration","value":"1s"}',
          '{"@type":"x/google.protobuf.Duration"}',
        ],
        ...['{"@type":"nope"}', '{"@type":"x/google.protobuf.Any","value":{}}', '{"a":1}'],
        ...[
          '{"price":"5","@type":"x/rowlock.testing.shelf.v1.Book"}',
          '{"@type":"x/google.protobuf.Value","value":null}',
        ],
      ]);
    default:
      return undefined;
  }
}
