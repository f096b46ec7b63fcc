import { expect, test } from "vitest";
import { entityTag, isNotModified, readIfMatch, refuseUnchecked, requireMatch } from "./conditional.ts";

test.each([
  ['"abc"', "abc", "quoted"],
  ["abc", "abc", "bare, as many clients have it"],
  ['W/"abc"', "abc", "weak: a proxy that compresses makes it so"],
  ['"a,b"', "a,b", "a comma in it"],
  ["*", undefined, "anything"],
  [undefined, undefined, "none"],
])("If-Match %s is %s (%s)", (given, want, _why) => {
  expect(readIfMatch({ "if-match": given })).toBe(want);
});

test.each([
  ['"a", "b"', "a list"],
  ['""', "an empty tag"],
  ['"a', "half quoted"],
  ["", "nothing"],
])("If-Match %s is refused (%s)", (given, _why) => {
  expect(() => readIfMatch({ "if-match": given })).toThrow(expect.objectContaining({ name: "BadInput" }));
});

test.each([
  ["abc", '"abc"'],
  ["a,b", '"a,b"'],
  ["", undefined],
  ['a"b', undefined],
  ["a b", undefined],
  ["é", undefined],
])("the etag %j as a header: %s", (etag, want) => {
  expect(entityTag(etag)).toBe(want);
});

test.each([
  ['"a", W/"b"', "b", true, "the weak comparison"],
  ['"a","b"', "b", true, "a list"],
  ['"a,b", "c"', "a,b", true, "a comma in a tag is no separator"],
  ['"a,b", "c"', "b", false, "nor does it end one"],
  ["b", "b", true, "bare, as some clients have it"],
  ["*", "b", true, "anything"],
  ['"a"', "b", false, "another"],
  ['"B"', "b", false, "case matters"],
  ['"a" "b"', "b", false, "no list"],
  [undefined, "b", false, "none"],
])("If-None-Match %s against %s: %s (%s)", (given, etag, want, _why) => {
  expect(isNotModified({ "if-none-match": given }, etag)).toBe(want);
});

test.each([
  [undefined, true, "no condition"],
  ['"a", W/"b"', true, "it is in the list"],
  ["*", true, "anything"],
  ['"a"', false, "another"],
  [",", false, "nothing that can be read"],
])("a read with If-Match %s of b passes: %s (%s)", (given, passes, _why) => {
  expect(refusal(() => requireMatch({ "if-match": given }, "b"))?.status).toBe(passes ? undefined : 412);
});

test.each([
  [{ "if-match": '"a"' }, true, undefined, "the service checks it"],
  [{ "if-match": '"a"' }, false, "if-match", "nobody would"],
  [{ "if-match": "*" }, false, undefined, "whatever is there will do"],
  [{ "if-none-match": "*" }, true, "if-none-match", "to create only what is not there: nobody checks that"],
])("a change with %j, etag taken: %s: refused for %s (%s)", (headers, checks, want, _why) => {
  expect(refusal(() => refuseUnchecked(headers, checks))?.field).toBe(want);
});

/** What was thrown: a Refusal has a status, a BadInput a field. */
function refusal(run: () => void): { status?: number; field?: string } | undefined {
  try {
    run();
    return undefined;
  } catch (err) {
    return err as { status?: number; field?: string };
  }
}
