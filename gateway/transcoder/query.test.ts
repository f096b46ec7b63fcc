import { describe, expect, test } from "vitest";
import { BadInput } from "./bad-input.ts";
import { type Fields, newMessage } from "./fields.ts";
import { pathSetter, queryReader } from "./query.ts";
import { shelfMessage } from "./testing/shelf.ts";

const Everything = shelfMessage("Everything");
const plain = queryReader({ desc: Everything, boundByPath: [], body: undefined, maxDepth: 64 });

function read(query: string, reader = plain): Fields {
  const message = newMessage(Everything);
  reader(query, message);
  return message;
}

function refusal(query: string, reader = plain): string {
  try {
    read(query, reader);
  } catch (err) {
    if (err instanceof BadInput) return `${err.field}: ${err.message}`;
    throw err;
  }
  return "accepted";
}

describe("accepted", () => {
  test.each([
    ["string=a+b%20c%2Bd", { string: "a b c+d" }, "a plus is a space"],
    ["string=", { string: "" }, "an empty value"],
    ["string", { string: "" }, "no value at all"],
    ["string=a=b", { string: "a=b" }, "an equals sign in a value"],
    ["&&int32=1&", { int32: 1 }, "empty pairs are nothing"],
    ["int64=9007199254740993", { int64: 9007199254740993n }, "exact integers"],
    ["bool=true&double=1e3", { bool: true, double: 1000 }, "bools and floats"],
    ["bytes=-_8", { bytes: new Uint8Array([251, 255]) }, "base64 for URLs"],
    ["status=STATUS_LENT", { status: 2 }, "an enum by name"],
    ["status=2", { status: 2 }, "an enum by number"],
    ["optionalString=a&int64_list=1", { optionalString: "a", int64List: [1n] }, "JSON and proto names"],
    ["renamed=x", { customName: "x" }, "a json_name of its own"],
    [
      "stringList=a&stringList=b&string_list=c",
      { stringList: ["a", "b", "c"] },
      "repeated, under both names",
    ],
    ["statusList=1&statusList=STATUS_LENT", { statusList: [1, 2] }, "repeated enums"],
    ["timeList=1970-01-01T00:00:01Z", { timeList: [{ seconds: 1n }] }, "repeated times"],
    [
      "nested.nested.int32=5&nested.string=x",
      { nested: { string: "x", nested: { int32: 5 } } },
      "nested fields",
    ],
    ["%6eested%2Eint32=5", { nested: { int32: 5 } }, "names are decoded, too"],
    ["stringMap[a.b]=x&stringMap.c=y", { stringMap: { "a.b": "x", c: "y" } }, "maps"],
    ["nested.int64Map[-1]=2", { nested: { int64Map: { "-1": 2n } } }, "maps of nested messages"],
    ["stringMap[__proto__]=x", { stringMap: JSON.parse('{"__proto__":"x"}') }, "a hostile key is a key"],
    ["time=1970-01-01T01:00:00%2B01:00", { time: { seconds: 0n } }, "a Timestamp"],
    ["duration=1.5s", { duration: { seconds: 1n, nanos: 500000000 } }, "a Duration"],
    ["mask=a.b,fooBar", { mask: { paths: ["a.b", "foo_bar"] } }, "a FieldMask"],
    [
      "stringWrapper=&int64Wrapper=0",
      { stringWrapper: "", int64Wrapper: 0n },
      "wrappers are present when zero",
    ],
    ["wrapperList=a", { wrapperList: [{ value: "a" }] }, "wrappers in a list"],
    ["choiceWrapper=5", { choice: { case: "choiceWrapper", value: { value: 5n } } }, "a wrapper in a oneof"],
    [
      "choiceNested.int32=1&choiceNested.bool=true",
      { choice: { value: { int32: 1, bool: true } } },
      "a oneof's message",
    ],
  ])("%s (%#)", (query, want, _why) => {
    expect(read(query)).toMatchObject(want);
  });
});

test.each([
  ["strin=x", 'strin: unknown parameter; did you mean "string"?', "unknown, with a hint"],
  ["zzzzzzzzzzz=x", "zzzzzzzzzzz: unknown parameter", "nothing is near"],
  ["nested.strin=x", 'nested.strin: unknown parameter; did you mean "string"?', "unknown in a message"],
  ["__proto__=x", "__proto__: unknown parameter", "a name every object has"],
  ["=x", ": unknown parameter", "no name"],
  ["nested=x", "nested: is a message; name one of its fields", "a message as text"],
  ["nestedList.int32=1", 'nestedList.int32: "nestedList" has no fields', "a field of a list"],
  ["nestedList=1", "nestedList: is a message", "a list of messages"],
  ["string.x=1", 'string.x: "string" has no fields', "a field of a scalar"],
  ["time.seconds=1", 'time.seconds: "time" has no fields', "a field of a time"],
  ["stringMap=x", "stringMap: is a map; write stringMap[key]=value", "a map without a key"],
  ["nestedMap[a]=x", "nestedMap[a]: is a map of messages", "a map of messages"],
  ["int64Map[x]=1", "int64Map[x]: must be a whole number", "a key of the wrong type"],
  ["stringMap[a]=1&stringMap.a=2", "stringMap.a: is given twice", "a key twice"],
  ["int32=1&int32=2", "int32: is given twice", "one value twice"],
  ["optionalString=1&optional_string=2", "optional_string: is given twice", "under both names"],
  ["choiceText=a&choiceNumber=1", "choiceNumber: cannot be given together with choiceText", "two of a oneof"],
  ["int32=x", "int32: must be a whole number from -2147483648 to 2147483647", "letters for a number"],
  ["int32=", "int32: must be a whole number", "nothing for a number"],
  ["bool=1", "bool: must be true or false", "a number for a bool"],
  ["status=LENT", "status: is no value of rowlock.testing.shelf.v1.Status", "an enum's short name"],
  ["time=now", "time: must be an RFC 3339 time", "no time"],
  ["string=%zz", "string: is not percent-encoded UTF-8", "no percent-encoding"],
  ["string=%ff", "string: is not percent-encoded UTF-8", "not UTF-8"],
  [`${"nested.".repeat(64)}int32=1`, "is nested deeper than 64 levels", "too deep"],
])("refused: %s → %s (%s)", (query, want, _why) => {
  expect(refusal(query)).toContain(want);
});

describe("fields bound elsewhere", () => {
  const bound = queryReader({
    ...{ desc: Everything, maxDepth: 64 },
    boundByPath: ["string", "nested.int32", "optional_string"],
    body: "struct",
  });
  test.each([
    ["string=x", "string: is given by the path", "by the path"],
    ["nested.int32=1", "nested.int32: is given by the path", "a nested one"],
    ["optionalString=x", "optionalString: is given by the path", "under its other name"],
    ["struct=x", "struct: is the body", "by the body"],
    ["nested.string=x", "accepted", "a sibling is free"],
  ])("%s → %s (%s)", (query, want, _why) => {
    expect(refusal(query, bound)).toContain(want);
  });

  const whole = queryReader({ desc: Everything, boundByPath: [], body: "*", maxDepth: 64 });
  test.each([
    ["string=x", "string: belongs into the body", "a field of the message"],
    ["nope=x", "nope: unknown parameter: the fields of this method belong into the body", "anything else"],
  ])("body *: %s → %s (%s)", (query, want, _why) => {
    expect(refusal(query, whole)).toContain(want);
  });
});

describe("path variables", () => {
  const field = (name: string) => Everything.fields.find((candidate) => candidate.name === name) as never;
  const setter = pathSetter([field("nested"), field("int64")]);

  test.each([
    [{}, "into a message that is made for it"],
    [{ nested: { int64: 0n } }, "a zero says nothing"],
    [{ nested: { int64: 7n } }, "the body may repeat it"],
  ])("%# is set (%s)", (init: { nested?: { int64: bigint } }, _why) => {
    const message = newMessage(Everything);
    if (init.nested) message["nested"] = Object.assign(newMessage(Everything), init.nested);
    setter.set(message, "7");
    expect(message).toMatchObject({ nested: { int64: 7n } });
  });

  test.each([
    [8n, "7", "differs between path and body", "the body may not contradict it"],
    [0n, "x", "must be a whole number", "the wrong type"],
  ])("%s in the body, %s in the path: %s (%s)", (inBody, text, want, _why) => {
    const message = newMessage(Everything);
    message["nested"] = Object.assign(newMessage(Everything), { int64: inBody });
    expect(() => setter.set(message, text)).toThrow(
      expect.objectContaining({ field: "nested.int64", message: expect.stringContaining(want) }),
    );
  });
});
