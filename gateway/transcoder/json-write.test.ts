import { create, type JsonValue, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMessageJson } from "./json-read.ts";
import { JsonText } from "./json-text.ts";
import { createJsonWriter } from "./json-write.ts";
import { messageOf } from "./testing/arbitrary.ts";
import { shelfRegistry as registry, shelfMessage } from "./testing/shelf.ts";

const Everything = shelfMessage("Everything");
const Book = shelfMessage("Book");
const full = createJsonWriter({ registry, emitDefaults: true });
const sparse = createJsonWriter({ registry, emitDefaults: false });

const everything = (init: Record<string, unknown>) => sparse.message(Everything)(create(Everything, init));

test.each([
  [{ int64: 5n }, '{"int64":5}', "a 64-bit integer is a number"],
  [{ int64: 9007199254740991n }, '{"int64":9007199254740991}', "up to the largest safe one"],
  [{ int64: 9007199254740992n }, '{"int64":"9007199254740992"}', "beyond it a string"],
  [{ int64: -9007199254740991n }, '{"int64":-9007199254740991}', "likewise below"],
  [{ int64: -9007199254740992n }, '{"int64":"-9007199254740992"}', "zero"],
  [{ uint64: 18446744073709551615n }, '{"uint64":"18446744073709551615"}', "exactly"],
  [{ longText: "5" }, '{"longText":5}', "also when it is kept as text"],
  [{ longText: "0" }, "{}", "whose zero is a zero"],
  [{ string: "0" }, '{"string":"0"}', "which a string's is not"],
  [{ optionalInt64: 0n }, '{"optionalInt64":0}', "a present zero"],
  [{ int64List: [1n, 2n ** 60n] }, '{"int64List":[1,"1152921504606846976"]}', "in lists"],
  [{ int64Map: { "1": 2n } }, '{"int64Map":{"1":2}}', "in maps"],
  [{ int64Wrapper: 5n }, '{"int64Wrapper":5}', "in wrappers"],
  [
    { double: Number.NaN, float: Number.NEGATIVE_INFINITY },
    '{"double":"NaN","float":"-Infinity"}',
    "no JSON numbers",
  ],
  [{ double: -0 }, '{"double":-0}', "negative zero is not zero"],
  [{ string: 'a"b\\c\u0001é' }, '{"string":"a\\"b\\\\c\\u0001é"}', "escapes"],
  [{ string: "\ud800" }, '{"string":"\\ud800"}', "half a surrogate pair cannot be UTF-8, so it is escaped"],
  [{ customName: "x" }, '{"renamed":"x"}', "json_name"],
  [{ status: 2 }, '{"status":"STATUS_LENT"}', "an enum by name"],
  [{ status: 77 }, '{"status":77}', "an unknown value by number"],
  [{ bytes: new Uint8Array([251, 255]) }, '{"bytes":"+/8="}', "base64"],
  [{ time: { seconds: 0n, nanos: 1000 } }, '{"time":"1970-01-01T00:00:00.000001Z"}', "a Timestamp"],
  [{ mask: { paths: ["foo_bar", "a__b"] } }, '{"mask":"fooBar,a_B"}', "a mask, also one with no way back"],
  [{ struct: { a: [1] } }, '{"struct":{"a":[1]}}', "a Struct"],
  [{ choice: { case: "choiceNumber", value: 0n } }, '{"choiceNumber":0}', "a oneof's member when it is zero"],
  [
    { any: create(AnySchema, { typeUrl: "x/unknown.Type", value: new Uint8Array([1]) }) },
    '{"any":{"@type":"x/unknown.Type","value":"AQ=="}}',
    "an Any of an unknown type keeps its bytes",
  ],
  [
    {
      any: { typeUrl: "x/rowlock.testing.shelf.v1.Book", value: toBinary(Book, create(Book, { price: 5n })) },
    },
    '{"any":{"@type":"x/rowlock.testing.shelf.v1.Book","price":5}}',
    "an Any of a known type is that type",
  ],
])("%# → %s (%s)", (init, want, _why) => {
  expect(everything(init)).toBe(want);
});

test("with defaults: scalars, enums, lists and maps are there, unset messages are not", () => {
  expect(JSON.parse(full.message(Book)(create(Book)))).toEqual({
    ...{
      name: "",
      title: "",
      price: 0,
      pages: 0,
      tags: [],
      etag: "",
      status: "STATUS_UNSPECIFIED",
      labels: {},
    },
  });
});

test("one field alone", () => {
  const field = (name: string) => Book.fields.find((candidate) => candidate.name === name) as never;
  expect(full.field(field("tags"))(["a"])).toBe('["a"]');
  expect(full.field(field("labels"))({ a: "b" })).toBe('{"a":"b"}');
});

describe("on random messages", () => {
  const runs = { numRuns: 300 };

  test.each([
    ["with defaults", full, true],
    ["without", sparse, false],
  ])("agrees with protobuf-es, 64-bit integers aside, %s", (_, writer, alwaysEmitImplicit) => {
    const write = writer.message(Everything);
    fc.assert(
      fc.property(messageOf(Everything), (message) => {
        const ours: unknown = JSON.parse(write(message));
        const theirs = toJson(Everything, message as unknown as Message, { registry, alwaysEmitImplicit });
        expect(integersAsText(ours)).toEqual(integersAsText(JSON.parse(JSON.stringify(theirs))));
      }),
      runs,
    );
  });

  test("reads back what it wrote", () => {
    const write = sparse.message(Everything);
    fc.assert(
      fc.property(messageOf(Everything), (message) => {
        // Half a surrogate pair does not survive UTF-8, and is refused on the way in.
        const text = write(message);
        fc.pre(!/\\ud[89a-f]/i.test(text));
        const read = { json: new JsonText(text, 64), registry, present: undefined, prefix: "" };
        expect(readMessageJson(Everything, read)).toEqual(message);
      }),
      runs,
    );
  });
});

/** Whole numbers as strings, and -0 as 0, so that the two ways of writing 64-bit integers compare equal. */
function integersAsText(value: unknown): JsonValue {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value).toString() : value;
  if (Array.isArray(value)) return value.map(integersAsText);
  if (typeof value !== "object" || value === null) return value as JsonValue;
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, integersAsText(content)]));
}
