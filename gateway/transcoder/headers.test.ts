import { expect, test } from "vitest";
import { negotiate, negotiateCoding } from "./accept.ts";
import { forwardList, readLastEventId, readMetadata, readTimeout } from "./headers.ts";

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
  expect(readMetadata(headers, forwardList(["Authorization", "X-Two"]), 100)).toEqual({
    authorization: "Bearer x",
    "x-two": "1, 2",
  });
  expect(() => readMetadata({ authorization: "Bearer \xe9" }, ["authorization"], 100)).toThrow(
    expect.objectContaining({ name: "BadInput", field: "authorization" }),
  );
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

test.each([
  [undefined, "identity", "nothing said: nothing done"],
  ["", "identity", "nothing accepted"],
  ["gzip", "gzip", "the one it takes"],
  ["x-gzip", "gzip", "its old name"],
  ["gzip, deflate, br", "br", "equal: the server's order"],
  ["br;q=0.5, gzip;q=0.9", "gzip", "the client's order"],
  ["GZIP;Q=1.0", "gzip", "case does not matter"],
  ["deflate, zstd", "identity", "none that is written"],
  ["*", "br", "any"],
  ["br;q=0, *", "gzip", "any but one"],
  ["identity, gzip;q=0.5", "identity", "none at all is preferred"],
  ["identity;q=0.5, gzip;q=0.5", "gzip", "equal: smaller"],
  ["identity;q=0, gzip", "gzip", "none at all is excluded, one is not"],
  ["identity;q=0", undefined, "nothing is left"],
  ["*;q=0", undefined, "everything is excluded"],
  ["identity;q=0.1, *;q=0", "identity", "everything else is"],
  ["gzip;q=0", "identity", "only that is excluded"],
])("Accept-Encoding %s: %s (%s)", (header, want, _why) => {
  expect(negotiateCoding(header, ["br", "gzip"])).toBe(want);
});

test.each([
  ["AQI=", true, "base64"],
  ["AQI", true, "without padding"],
  ["-_8", true, "of the URL alphabet"],
  ["AQI=, AwQ=", true, "several values"],
  ["a*", false, "no base64"],
])("x-trace-bin: %s passes: %s (%s)", (value, passes, _why) => {
  const read = () => readMetadata({ "x-trace-bin": value }, ["x-trace-bin"], 100)["x-trace-bin"];
  expect(resultOf(read)).toEqual(passes ? value : { name: "BadInput", field: "x-trace-bin" });
});

test("metadata over the limit is 431; up to it passes", () => {
  const read = (size: number) => readMetadata({ "x-a": "x".repeat(size - 3) }, ["x-a"], 100);
  expect(Object.keys(read(100))).toEqual(["x-a"]);
  expect(() => read(101)).toThrow(expect.objectContaining({ name: "Refusal", status: 431 }));
});

test.each([
  [undefined, undefined, "none"],
  ["", undefined, "empty: from the start"],
  ["42", "42", "a number"],
  ["\xe2\x82\xac", "€", "UTF-8, as node:http hands it out"],
])("Last-Event-ID %j is %j (%s)", (given, want, _why) => {
  expect(readLastEventId({ "last-event-id": given })).toBe(want);
});

/** What a function answers or, when it refuses, by which error and for which field. */
function resultOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (err) {
    const { name, field } = err as Error & { field?: string };
    return { name, field };
  }
}
