import { expect, test } from "vitest";
import { reasonOf } from "../errors/reasons.ts";
import { decodePageToken, encodePageToken, pageSizeOf, paginate } from "./paging.ts";

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
  expect(decodePageToken({ token, filter, like: ["string", "number"] })).toEqual(["2026-01-01", 7]);
});

test("the first page has no cursor", () => {
  expect(decodePageToken({ token: "", filter: {}, like: ["string"] })).toBeUndefined();
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
    decodePageToken({ token, filter: { x: 1 }, like: ["string"] });
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
