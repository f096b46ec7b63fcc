import { describe, expect, test } from "vitest";
import { parseTemplate, type Segment } from "./template.ts";

const star: Segment = { kind: "star" };
const doubleStar: Segment = { kind: "doubleStar" };
const literal = (value: string): Segment => ({ kind: "literal", value });

describe("accepted", () => {
  test.each([
    ["/v1", [literal("v1")], "", "one literal"],
    ["/v1/*", [literal("v1"), star], "", "an unnamed segment"],
    ["/**", [doubleStar], "", "everything"],
    ["/v1/{name}", [literal("v1"), star], "", "a variable is one segment unless it says otherwise"],
    ["/v1/{name=a/*/**}", [literal("v1"), literal("a"), star, doubleStar], "", "** at a variable's end"],
    ["/v1/{name=**}:cancel", [literal("v1"), doubleStar], "cancel", "a verb may follow **"],
    ["/v1/a%20b", [literal("v1"), literal("a b")], "", "literals are kept decoded"],
    ["/v1/a-b_c~d.e@f", [literal("v1"), literal("a-b_c~d.e@f")], "", "unreserved characters and @"],
    ["/v1/x:a%3Ab", [literal("v1"), literal("x")], "a:b", "an encoded colon belongs to the verb"],
  ])("%s: %#", (source, segments, verb, _why) => {
    expect(parseTemplate(source)).toMatchObject({ source, segments, verb });
  });

  test.each([
    ["/v1/{a.b_c.d}", [{ fieldPath: ["a", "b_c", "d"], start: 1, end: 2, multi: false }], "a nested field"],
    [
      "/{a=x/*}/{b}",
      [
        { start: 0, end: 2, multi: true },
        { start: 2, end: 3 },
      ],
      "two segments make it multi",
    ],
    ["/{a=**}", [{ start: 0, end: undefined, multi: true }], "** goes to the end"],
    ["/v1/{a=x}", [{ start: 1, end: 2, multi: false }], "a literal segment can be captured"],
  ])("variables of %s", (source, variables, _why) => {
    expect(parseTemplate(source).variables).toMatchObject(variables);
  });
});

test.each([
  ["", 1, "nothing at all"],
  ["v1/x", 1, "no leading slash"],
  ["/", 2, "no segment"],
  ["/v1/", 5, "an empty segment at the end"],
  ["/v1//x", 5, "an empty segment"],
  ["/v1/**/x", 7, "** is not last"],
  ["/v1/{a=**}/x", 11, "** inside a variable is not last"],
  ["/v1/{a=**/x}", 10, "** is not last in its variable"],
  ["/v1/***", 7, "three stars"],
  ["/v1/a*", 6, "a star within a literal"],
  ["/v1/{a", 7, "an unclosed variable"],
  ["/v1/{}", 6, "no field path"],
  ["/v1/{a.}", 8, "a field path ends in a dot"],
  ["/v1/{1a}", 6, "a field name starts with a digit"],
  ["/v1/{a={b}}", 8, "nested variables"],
  ["/v1/{a=}", 8, "an empty pattern"],
  ["/v1/{a}/{a}", 9, "the same field twice"],
  ["/v1/{a}b", 8, "a variable is a whole segment"],
  ["/v1/x:", 7, "an empty verb"],
  ["/v1/x:a:b", 8, "two verbs"],
  ["/v1/x:a/b", 8, "a verb before the end"],
  ["/v1/x?y", 6, "a query"],
  ["/v1/a b", 6, "a space"],
  ["/v1/%zz", 5, "no percent-encoding"],
  ["/v1/%ff", 5, "octets that are not UTF-8"],
])("refused: %s at column %i (%s)", (source, column, _why) => {
  expect(() => parseTemplate(source)).toThrow(`column ${column}:`);
});
