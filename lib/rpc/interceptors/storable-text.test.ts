import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { FieldMaskSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { HttpRuleSchema } from "../../../gen/google/api/http_pb.js";
import { BadRequestSchema, ErrorInfoSchema } from "../../../gen/google/rpc/error_details_pb.js";
import { EchoRequestSchema } from "../../../gen/rowlock/testing/v1/echo_pb.js";
import { AddressSchema } from "../../../gen/rowlock/type/v1/address_pb.js";
import { MoneySchema } from "../../../gen/rowlock/type/v1/money_pb.js";
import { compileTextCheck } from "./storable-text.ts";

const nul = "a\0b";
const half = "a\ud800b";
const mirrored = "\udc00\ud800";

function fault<D extends DescMessage>(desc: D, init: MessageInitShape<D>): string[] {
  return compileTextCheck(desc)(create(desc, init)).map(({ field }) => field);
}

test.each<[string, string[], string[]]>([
  ["a NUL", fault(AddressSchema, { name: nul }), ["name"]],
  ["a NUL alone", fault(AddressSchema, { postalCode: "\0" }), ["postal_code"]],
  ["half a pair", fault(AddressSchema, { name: half }), ["name"]],
  ["a pair the wrong way round", fault(AddressSchema, { name: mirrored }), ["name"]],
  ["each field at fault", fault(AddressSchema, { name: nul, city: "fine", line1: half }), ["name", "line1"]],
  ["one of a list", fault(FieldMaskSchema, { paths: ["fine", nul] }), ["paths[1]"]],
  [
    "a message in a list",
    fault(BadRequestSchema, { fieldViolations: [{ field: "x" }, { description: half }] }),
    ["field_violations[1].description"],
  ],
  ["a map's key", fault(ErrorInfoSchema, { metadata: { [nul]: "v" } }), ['metadata["a\\u0000b"]']],
  ["a map's value", fault(ErrorInfoSchema, { metadata: { k: half } }), ['metadata["k"]']],
  ["a oneof", fault(HttpRuleSchema, { pattern: { case: "put", value: nul } }), ["put"]],
  [
    "a message in a oneof",
    fault(HttpRuleSchema, { pattern: { case: "custom", value: { path: half } } }),
    ["custom.path"],
  ],
  [
    "a type that holds itself",
    fault(HttpRuleSchema, { additionalBindings: [{ additionalBindings: [{ body: nul }] }] }),
    ["additional_bindings[0].additional_bindings[0].body"],
  ],
  [
    "a value of a free form, deep in it",
    fault(ValueSchema, {
      kind: {
        case: "listValue",
        value: { values: [{ kind: { case: "stringValue", value: nul } }] },
      },
    }),
    ["list_value.values[0].string_value"],
  ],
  ["a nested message", fault(EchoRequestSchema, { error: { message: nul } }), ["error.message"]],
])("%s", (_, found, want) => {
  expect(found).toEqual(want);
});

test.each<[string, string[]]>([
  ["nothing at all", fault(AddressSchema, {})],
  ["other controls", fault(AddressSchema, { name: "\u0001\u001f\u007f\u200b\ufeff\uffff" })],
  ["whole pairs", fault(AddressSchema, { name: "\u{1f980}\u{10ffff}" })],
  ["an escaped NUL", fault(AddressSchema, { name: "\\u0000 \\0 %00" })],
  ["no oneof chosen", fault(HttpRuleSchema, {})],
  ["a currency", fault(MoneySchema, { currencyCode: "USD", amount: 0n })],
])("%s is fine", (_, found) => {
  expect(found).toEqual([]);
});

test("says what is wrong", () => {
  expect(compileTextCheck(AddressSchema)(create(AddressSchema, { name: nul }))).toEqual([
    { field: "name", description: "must not hold a NUL character or half a surrogate pair" },
  ]);
});
