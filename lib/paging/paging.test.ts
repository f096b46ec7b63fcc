import { expect, test } from "vitest";
import { reasonOf } from "../errors/reasons.ts";
import { type CursorKind, decodePageToken, encodePageToken, pageSizeOf, paginate } from "./paging.ts";

test.each([
  [0, 50, "unset means the default"],
  [1, 1, "the smallest page"],
  [200, 200, "the ceiling itself"],
  [201, 200, "above the ceiling is coerced"],
])("page size %i is %i: %s", (requested, want) => {
  expect(pageSizeOf(requested)).toBe(want);
});

test("a token returns its cursor for the same filter", () => {
  const filter = { category: "beauty", min: 5n };
  const token = encodePageToken({ cursor: ["2026-01-01", 7], filter });
  expect(decodePageToken({ token, filter, like: ["text", "integer"] })).toEqual(["2026-01-01", 7]);
});

test("the first page has no cursor", () => {
  expect(decodePageToken({ token: "", filter: {}, like: ["text"] })).toBeUndefined();
});

test.each([
  ["another filter", encodePageToken({ cursor: ["a"], filter: { x: 2 } })],
  ["another shape", encodePageToken({ cursor: ["a", "b"], filter: { x: 1 } })],
  ["another type", encodePageToken({ cursor: [1], filter: { x: 1 } })],
  ["no JSON", "AAAA"],
  ["JSON, but no list", Buffer.from("{}").toString("base64url")],
])("a token with %s is refused", (_why, token) => {
  let reason: string | undefined;
  try {
    decodePageToken({ token, filter: { x: 1 }, like: ["text"] });
  } catch (err) {
    reason = reasonOf(err);
  }
  expect(reason).toBe("PAGE_TOKEN_INVALID");
});

test("a page is cut, and only a further row makes a token", () => {
  const cut = { pageSize: 2, filter: {}, cursorOf: (n: number) => [n] };
  expect(paginate({ rows: [1, 2, 3], ...cut }).page).toEqual([1, 2]);
  expect(paginate({ rows: [1, 2, 3], ...cut }).nextPageToken).not.toBe("");
  expect(paginate({ rows: [1, 2], ...cut }).nextPageToken).toBe("");
});

test.each<[CursorKind, unknown[], unknown[]]>([
  ["text", ["", "a", "\u{1f980}"], ["\0", "a\0b", "\ud800", 1, null, [], {}]],
  ["bigint", ["0", "7", "999999999999999999"], ["", "-1", "1.5", "x", "9".repeat(19), "1\n", 7, null]],
  ["number", [0, -1, 0.5, 1e308], ["1", null, [1]]],
  ["integer", [0, -1, Number.MAX_SAFE_INTEGER], [0.5, 2 ** 53, 1e308, "1", null]],
  ["time", [0, 253_402_300_799_999], [-1, 0.5, 253_402_300_800_000, "0", null]],
])("a forged cursor: %s", (kind, good, bad) => {
  const read = (value: unknown) => {
    const token = encodePageToken({ cursor: [value as string], filter: "f" });
    try {
      return decodePageToken({ token, filter: "f", like: [kind] })?.[0];
    } catch (err) {
      return reasonOf(err);
    }
  };
  expect(good.map(read)).toEqual(good);
  expect(bad.map(read)).toEqual(bad.map(() => "PAGE_TOKEN_INVALID"));
});
