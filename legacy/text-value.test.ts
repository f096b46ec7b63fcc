import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { nameOf, textOf } from "./text-value.ts";

const value = (json: JsonValue) => fromJson(ValueSchema, json);

test.each<[JsonValue, string]>([
  ["abc", "abc"],
  ["", ""],
  [7, "7"],
  [-0, "0"],
  [null, ""],
  ["x".repeat(255), "x".repeat(255)],
])("%j is the text %j", (json, want) => {
  expect(textOf(value(json), "id")).toBe(want);
});

test("what was left out is empty", () => {
  expect(textOf(undefined, "id")).toBe("");
});

test.each<[JsonValue, string]>([
  [1.5, "half a number"],
  [2 ** 53, "one that is not exact"],
  [true, "a truth"],
  [[1], "a list"],
  [{}, "an object"],
  ["x".repeat(256), "too long"],
])("%j is refused (%s)", (json, _why) => {
  expect(() => textOf(value(json), "id")).toThrow("id: must ");
});

test.each<[JsonValue]>([[""], [null], ["x".repeat(65)]])("%j is no name", (json) => {
  expect(() => nameOf(value(json), "pid")).toThrow("pid: must have 1 to 64 characters");
});
