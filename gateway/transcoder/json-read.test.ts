import { create, fromJson, type JsonValue, type Message, toJson } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { BadInput } from "./bad-input.ts";
import { type JsonRead, readFieldJson, readMessageJson } from "./json-read.ts";
import { JsonText } from "./json-text.ts";
import { shelfMessage, shelfRegistry } from "./testing/shelf.ts";

const Everything = shelfMessage("Everything");
const Book = shelfMessage("Book");

function reading(text: string, present?: string[]): JsonRead {
  return { json: new JsonText(text, 64), registry: shelfRegistry, present, prefix: "" };
}

const read = (text: string) => readMessageJson(Everything, reading(text));

/** The refusal as `field: description`. */
function refusal(text: string): string {
  try {
    read(text);
  } catch (err) {
    if (err instanceof BadInput) return `${err.field}: ${err.message}`;
    throw err;
  }
  return "accepted";
}

describe("accepted", () => {
  test.each([
    ['{"int64":5}', { int64: 5n }, "a 64-bit integer as a number"],
    ['{"int64":"5"}', { int64: 5n }, "or as a string"],
    ['{"int64":9007199254740993}', { int64: 9007199254740993n }, "exact beyond what a double holds"],
    ['{"int64":-9223372036854775808}', { int64: -9223372036854775808n }, "the least"],
    ['{"uint64":18446744073709551615}', { uint64: 18446744073709551615n }, "the greatest"],
    ['{"int64":5.0,"int32":1e3}', { int64: 5n, int32: 1000 }, "whole numbers with point or exponent"],
    ['{"int64":1.5e1,"uint64":1200e-2}', { int64: 15n, uint64: 12n }, "that come out whole"],
    ['{"int64":-0,"int32":-0.0}', { int64: 0n, int32: 0 }, "negative zero"],
    ['{"longText":7}', { longText: "7" }, "jstype = JS_STRING is kept as text"],
    ['{"optional_int64":0}', { optionalInt64: 0n }, "a proto name; a present zero"],
    ['{"renamed":"x"}', { customName: "x" }, "a json_name of its own"],
    ['{"custom_name":"x"}', { customName: "x" }, "and its proto name"],
    ['{"status":"STATUS_LENT"}', { status: 2 }, "an enum by name"],
    ['{"status":2}', { status: 2 }, "an enum by number"],
    ['{"status":77}', { status: 77 }, "a number an open enum does not have yet"],
    ['{"double":"NaN"}', { double: Number.NaN }, "not a number"],
    [
      '{"double":"-Infinity","float":"1.5"}',
      { double: Number.NEGATIVE_INFINITY, float: 1.5 },
      "floats as text",
    ],
    ['{"bytes":"-_8="}', { bytes: new Uint8Array([251, 255]) }, "base64 of the URL alphabet"],
    ['{"bytes":"+/8"}', { bytes: new Uint8Array([251, 255]) }, "without padding"],
    ['{"int64List":[1,"2"],"stringList":[]}', { int64List: [1n, 2n], stringList: [] }, "lists"],
    ['{"stringList":null,"stringMap":null}', { stringList: [], stringMap: {} }, "null for none"],
    ['{"int64Map":{"-1":"2"}}', { int64Map: { "-1": 2n } }, "integer keys"],
    ['{"statusMap":{"true":"STATUS_LENT"}}', { statusMap: { true: 2 } }, "bool keys"],
    [
      '{"stringMap":{"__proto__":"x"}}',
      { stringMap: JSON.parse('{"__proto__":"x"}') },
      "a hostile key is a key",
    ],
    ['{"nestedMap":{"a":{"int32":1}}}', { nestedMap: { a: { int32: 1 } } }, "maps of messages"],
    ['{"stringWrapper":""}', { stringWrapper: "" }, "a wrapper is present when empty"],
    ['{"wrapperList":["a"]}', { wrapperList: [{ value: "a" }] }, "wrappers in a list are messages"],
    ['{"choiceWrapper":"5"}', { choice: { case: "choiceWrapper", value: { value: 5n } } }, "and in a oneof"],
    ['{"choiceText":null,"choiceNumber":1}', { choice: { case: "choiceNumber" } }, "null chooses nothing"],
    ['{"choiceValue":null}', { choice: { case: "choiceValue" } }, "save for a Value, of which null is one"],
    ['{"nullValue":null}', { nullValue: 0 }, "NullValue"],
    [
      '{"time":"2030-01-31T12:00:00.5+01:00"}',
      { time: { seconds: 1896087600n, nanos: 500000000 } },
      "a time",
    ],
    ['{"time":"1969-12-31T23:59:59.9Z"}', { time: { seconds: -1n, nanos: 900000000 } }, "before 1970"],
    ['{"duration":"-1.5s"}', { duration: { seconds: -1n, nanos: -500000000 } }, "a negative duration"],
    ['{"duration":"-0.5s"}', { duration: { seconds: 0n, nanos: -500000000 } }, "less than a second of it"],
    ['{"mask":"a.fooBar,foo_bar"}', { mask: { paths: ["a.foo_bar", "foo_bar"] } }, "masks in both spellings"],
    ['{"struct":{"a":[1,null,{"b":true}]}}', { struct: { a: [1, null, { b: true }] } }, "a Struct"],
    ['{"value":null}', { value: { kind: { case: "nullValue" } } }, "null is a Value"],
    ['{"listValue":[1]}', { listValue: { values: [{ kind: { value: 1 } }] } }, "a ListValue"],
    ['{"any":{}}', { any: { typeUrl: "" } }, "an empty Any"],
    [' \n\t{ "string" : "\\u20ac\\ud83d\\ude00" } ', { string: "€😀" }, "white space and escapes"],
    ["{}", {}, "nothing"],
  ])("%s (%#)", (text, want, _why) => {
    expect(read(text)).toMatchObject(want);
  });

  test("null leaves a field unset", () => {
    expect(read('{"optionalInt64":null,"string":null,"nested":null}')).toEqual(create(Everything));
  });

  test("an Any knows its type wherever @type stands, and holds exact integers", () => {
    const text =
      '{"any":{"int64":9007199254740993,"@type":"type.googleapis.com/rowlock.testing.shelf.v1.Everything"}}';
    const json = toJson(Everything, read(text) as unknown as Message, { registry: shelfRegistry });
    expect(json).toMatchObject({ any: { int64: "9007199254740993" } });
    const wrapped = '{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"3s"}}';
    expect(toJson(Everything, read(wrapped) as unknown as Message, { registry: shelfRegistry })).toEqual(
      JSON.parse(wrapped),
    );
  });
});

test.each([
  ["[]", ": must be an object (Everything)", "an array"],
  ["null", ": must be an object (Everything)", "null"],
  ["", ": malformed JSON: it ends", "nothing"],
  ["{", ": malformed JSON: it ends", "an open object"],
  ['{"string":"x}', "string: malformed JSON: it ends", "an open string"],
  ['{"string":"x"', ": malformed JSON: it ends", "no end"],
  ['{"string":"x",}', ": malformed JSON at character 15", "a trailing comma"],
  ['{"string":"x"}}', ": malformed JSON at character 15: expected the end", "text after the end"],
  ["{'string':1}", ": malformed JSON at character 2", "single quotes"],
  ['{"int32":01}', "int32: malformed JSON at character 11", "a leading zero"],
  ['{"int32":+1}', "int32: malformed JSON at character 10: expected a value", "a plus sign"],
  ['{"int32":NaN}', "int32: malformed JSON", "a bare NaN"],
  ['{"int32":-}', "int32: malformed JSON", "a bare minus"],
  ['{"string":"\\x"}', "string: malformed JSON", "no such escape"],
  ['{"string":"a\nb"}', "string: malformed JSON at character 13", "a bare line break"],
  ['{"string":"\\ud800"}', "string: has half of a surrogate pair", "half a surrogate pair"],
  ['\ufeff{"string":"x"}', ": malformed JSON at character 1", "a byte order mark"],
  ['{"strin":"x"}', 'strin: unknown field; did you mean "string"?', "a misspelt field, with a hint"],
  [
    '{"nested":{"nestedList":[{},{"zzzzzzzzz":1}]}}',
    "nested.nestedList[1].zzzzzzzzz: unknown field",
    "its path",
  ],
  [
    '{"nestedMap":{"a b":{"zzzzzzzzzz":1}}}',
    'nestedMap["a b"].zzzzzzzzzz: unknown field',
    "a map key in a path",
  ],
  ['{"__proto__":{}}', "__proto__: unknown field", "a hostile field name"],
  ['{"constructor":1}', "constructor: unknown field", "a name every object inherits"],
  ['{"string":1}', "string: must be a string", "a number for a string"],
  ['{"bool":"true"}', "bool: must be true or false", "a string for a bool"],
  ['{"bool":1}', "bool: must be true or false", "a number for a bool"],
  ['{"int32":"x"}', "int32: must be a whole number from -2147483648 to 2147483647", "letters for a number"],
  ['{"int32":""}', "int32: must be a whole number", "an empty string for a number"],
  ['{"int32":" 1"}', "int32: must be a whole number", "a space in a number"],
  ['{"int32":1.5}', "int32: must be a whole number", "a fraction"],
  [
    '{"longText":12345678901234567890123456789e-10}',
    "longText: must be a whole number",
    "a fraction, by its exponent",
  ],
  ['{"int32":true}', "int32: must be a number", "a bool for a number"],
  ['{"int32":{}}', "int32: must be a number", "an object for a number"],
  ['{"int32":2147483648}', "int32: must be a whole number", "too large"],
  ['{"uint32":-1}', "uint32: must be a whole number from 0", "negative for unsigned"],
  ['{"uint64":18446744073709551616}', "uint64: must be a whole number", "one too large"],
  ['{"int64":1e999}', "int64: must be a whole number", "a huge exponent"],
  [`{"int64":${"9".repeat(5000)}}`, "int64: must be a whole number", "thousands of digits"],
  ['{"double":1e999}', "double: is too large for a double", "infinite as a number"],
  ['{"float":1e39}', "float: is too large for a float", "too large for a float"],
  ['{"bytes":"a*"}', "bytes: must be base64", "no base64"],
  ['{"bytes":"a"}', "bytes: must be base64", "a length base64 cannot have"],
  ['{"status":"STATUS_LET"}', 'did you mean "STATUS_LENT"?', "an unknown value, with a hint"],
  ['{"status":true}', "status: must be the name of a value", "a bool for an enum"],
  ['{"stringList":"x"}', "stringList: must be an array", "one item for a list"],
  ['{"stringList":["a",null]}', "stringList[1]: must be a string", "null in a list"],
  ['{"int64List":[1,2,"x"]}', "int64List[2]: must be a whole number", "the index of an item"],
  ['{"stringMap":[]}', "stringMap: must be an object", "a list for a map"],
  ['{"int64Map":{"x":1}}', "int64Map.x: must be a whole number", "a key of the wrong type"],
  ['{"stringMap":{"a":"1","a":"2"}}', "stringMap.a: is given twice", "a key twice"],
  ['{"int64Map":{"1":1,"01":2}}', 'int64Map["01"]: is given twice', "a key twice in two spellings"],
  ['{"string":"a","string":"b"}', "string: is given twice", "a field twice"],
  ['{"optionalString":"a","optional_string":"b"}', "optional_string: is given twice", "under both its names"],
  [
    '{"choiceText":"a","choiceNumber":1}',
    "choiceNumber: cannot be given together with choiceText",
    "a oneof",
  ],
  ['{"struct":{"a":1,"a":2}}', "struct.a: is given twice", "a member of a Struct twice"],
  ['{"struct":[]}', "struct: must be an object", "a Struct that is none"],
  ['{"time":"2030-02-30T00:00:00Z"}', "time: is no date of the calendar", "30 February"],
  ['{"time":"2030-01-01"}', "time: must be an RFC 3339 time", "a date alone"],
  ['{"time":"0000-01-01T00:00:00Z"}', "time: ", "year 0"],
  ['{"time":"0001-01-01T00:00:00+01:00"}', "time: must be in the years", "before year 1 by its offset"],
  ['{"time":1}', "time: must be a string (Timestamp)", "a number for a time"],
  ['{"duration":"1"}', "duration: must be a duration", "no unit"],
  ['{"duration":"1sx"}', "duration: must be a duration", "text after the unit"],
  ['{"duration":"315576000001s"}', "duration: must be within", "over 10,000 years"],
  ['{"mask":"a,,b"}', "mask: has an empty path", "an empty path"],
  ['{"any":{"@type":"type.googleapis.com/nope"}}', "any: has an @type that is not known", "an unknown type"],
  ['{"any":{"a":1}}', "any: needs the member @type", "no type"],
  ['{"any":{"@type":"x.y/google.protobuf.Duration"}}', "any: needs the member value", "no value"],
  [`{"value":${"[".repeat(64)}${"]".repeat(64)}}`, "is nested deeper than 64 levels", "too deep in a Value"],
  [`${'{"nested":'.repeat(65)}{}`, "is nested deeper than 64 levels", "too deep in messages"],
])("refused: %s → %s (%s)", (text, want, _why) => {
  expect(refusal(text)).toContain(want);
});

test("64 levels are not too deep", () => {
  const text = `${'{"nested":'.repeat(63)}{}${"}".repeat(63)}`;
  expect(refusal(text)).toBe("accepted");
});

test.each<[string, string[], string]>([
  ['{"title":"x","price":null}', ["title", "price"], "present fields, null included: it clears"],
  [
    '{"author":{"full_name":"x","ghostWriter":{"birthYear":1}}}',
    ["author.full_name", "author.ghost_writer.birth_year"],
    "nested",
  ],
  ['{"author":{}}', ["author"], "an empty message stands for itself"],
  ['{"author":null}', ["author"], "and so does none"],
  ['{"tags":["a"],"labels":{"a":"b"}}', ["tags", "labels"], "lists and maps count whole"],
  ["{}", [], "nothing"],
])("paths present in %s: %j (%s)", (text, want, _why) => {
  const present: string[] = [];
  readMessageJson(Book, reading(text, present));
  expect(present).toEqual(want);
});

test("a field alone as the text", () => {
  const message = create(Book) as never as Record<string, unknown>;
  const field = (name: string) => Book.fields.find((candidate) => candidate.name === name) as never;
  readFieldJson(field("tags"), message, reading('["a","b"]'));
  readFieldJson(field("price"), message, reading("12"));
  readFieldJson(field("author"), message, reading("null"));
  expect(message).toMatchObject({ tags: ["a", "b"], price: 12n });
  expect(message).not.toHaveProperty("author");
  expect(() => readFieldJson(field("tags"), message, reading('["a",1]'))).toThrow(
    expect.objectContaining({ field: "tags[1]" }),
  );
});

test("agrees with protobuf-es on what both accept", () => {
  const json: JsonValue = {
    ...{
      double: 1.5,
      int32: -3,
      int64: "12",
      uint64: "34",
      bool: true,
      string: "s",
      bytes: "AQI=",
      status: "STATUS_LENT",
    },
    nested: {
      string: "in",
      nestedList: [{ int32: 1 }, { any: { "@type": "x/google.protobuf.StringValue", value: "v" } }],
    },
    ...{ optionalInt64: "0", renamed: "r", int64List: ["1"], wrapperList: ["w"], stringMap: { k: "v" } },
    ...{
      time: "2030-01-01T00:00:00.123456789Z",
      duration: "3.000001s",
      mask: "fooBar",
      struct: { a: [1, {}] },
    },
    ...{
      value: { x: null },
      listValue: [[], "y"],
      stringWrapper: "",
      boolWrapper: false,
      choiceWrapper: "9",
    },
  };
  expect(read(JSON.stringify(json))).toEqual(fromJson(Everything, json, { registry: shelfRegistry }));
});
