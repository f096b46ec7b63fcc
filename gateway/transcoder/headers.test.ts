import { expect, test } from "vitest";
import { negotiate } from "./accept.ts";
import { etagHeader, forwardList, isNotModified, readIfMatch, readMetadata, readTimeout } from "./headers.ts";

test.each([
  [{}, 30_000, "the default"],
  [{ "request-timeout": "2" }, 2000, "seconds"],
  [{ "request-timeout": "0.25" }, 250, "with a fraction"],
  [{ "request-timeout": "0.0001" }, 1, "never none"],
  [{ "request-timeout": "3600" }, 60_000, "never over the maximum"],
  [{ "grpc-timeout": "500m" }, 500, "gRPC's milliseconds"],
  [{ "grpc-timeout": "2S" }, 2000, "seconds"],
  [{ "grpc-timeout": "1H" }, 60_000, "hours, capped"],
  [{ "grpc-timeout": "99u" }, 1, "microseconds, rounded up"],
  [{ "grpc-timeout": "1S", "request-timeout": "2" }, 1000, "the shorter of both"],
])("timeout of %j: %i ms (%s)", (headers, want, _why) => {
  expect(readTimeout(headers, { default: 30_000, max: 60_000 })).toBe(want);
});

test.each([
  [{ "request-timeout": "0" }, "no time at all"],
  [{ "request-timeout": "-1" }, "negative"],
  [{ "request-timeout": "1e3" }, "an exponent"],
  [{ "request-timeout": "soon" }, "no number"],
  [{ "grpc-timeout": "5" }, "no unit"],
  [{ "grpc-timeout": "0m" }, "no time at all"],
  [{ "grpc-timeout": "123456789m" }, "nine digits, one more than gRPC has"],
])("timeout of %j is refused (%s)", (headers, _why) => {
  expect(() => readTimeout(headers, { default: undefined, max: undefined })).toThrow(
    expect.objectContaining({ name: "BadInput" }),
  );
});

test.each([
  "rowlock-principal",
  "Rowlock-Principal",
  "grpc-timeout",
  "connection",
  "TE",
  "host",
  "content-type",
])("%s is never forwarded", (name) => {
  expect(() => forwardList(["authorization", name])).toThrow(TypeError);
});

test("only listed headers become metadata, and only such values as metadata can carry", () => {
  const headers = { authorization: "Bearer x", "rowlock-principal": "forged", "x-two": "1, 2" };
  expect(readMetadata(headers, forwardList(["Authorization", "X-Two"]))).toEqual({
    authorization: "Bearer x",
    "x-two": "1, 2",
  });
  expect(() => readMetadata({ authorization: "Bearer \xe9" }, ["authorization"])).toThrow(
    expect.objectContaining({ name: "BadInput", field: "authorization" }),
  );
});

test.each([
  ['"abc"', "abc", "quoted"],
  ["abc", "abc", "bare, as many clients have it"],
  ['W/"abc"', "abc", "weak"],
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
  ["", undefined],
  ['a"b', undefined],
  ["a b", undefined],
  ["é", undefined],
])("the etag %j as a header: %s", (etag, want) => {
  expect(etagHeader(etag)).toBe(want);
});

test.each([
  ['"a", W/"b"', '"b"', true, "weak comparison"],
  ["*", '"b"', true, "anything"],
  ['"a"', '"b"', false, "another"],
  [undefined, '"b"', false, "none"],
])("If-None-Match %s against %s: %s (%s)", (given, etag, want, _why) => {
  expect(isNotModified({ "if-none-match": given }, etag)).toBe(want);
});

const offers = ["application/x-ndjson", "text/event-stream", "application/json"];
test.each([
  [undefined, "application/x-ndjson", "the first offer by default"],
  ["*/*", "application/x-ndjson", "anything"],
  ["text/event-stream", "text/event-stream", "as EventSource asks"],
  ["Application/JSON", "application/json", "case does not matter"],
  ["application/*", "application/x-ndjson", "the first of a type"],
  ["application/*;q=0.5, text/event-stream;q=0.4", "application/x-ndjson", "the better one"],
  ["application/json, text/event-stream", "text/event-stream", "equal: the server's order"],
  ["application/json;q=0.9, text/event-stream;q=0.8", "application/json", "the client's order"],
  ["*/*, application/x-ndjson;q=0", "text/event-stream", "an exclusion beats the wildcard"],
  ["application/json;charset=utf-8", "application/json", "parameters are ignored"],
  ["image/png", undefined, "none of it"],
  ["application/json;q=0", undefined, "excluded"],
  ["json", undefined, "no media type"],
])("Accept %s: %s (%s)", (accept, want, _why) => {
  expect(negotiate(accept, offers)).toBe(want);
});
