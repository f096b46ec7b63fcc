import { expect, test } from "vitest";
import { newTrace, readTraceparent, writeTraceparent } from "./traceparent.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";

test.each([
  ["the example of the standard", `00-${traceId}-${parentId}-01`, { traceId, flags: "01" }],
  ["unknown flags of our version are kept", `00-${traceId}-${parentId}-83`, { traceId, flags: "83" }],
  ["a later version with more fields", `cc-${traceId}-${parentId}-03-more`, { traceId, flags: "01" }],
  ["a later version with the fields of ours", `01-${traceId}-${parentId}-02`, { traceId, flags: "00" }],
])("%s is understood", (_why, header, want) => {
  expect(readTraceparent(header)).toEqual(want);
});

test.each([
  ["none", undefined],
  ["an empty one", ""],
  ["upper case", `00-${traceId.toUpperCase()}-${parentId}-01`],
  ["a trace id of zeros", `00-${"0".repeat(32)}-${parentId}-01`],
  ["a parent id of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
  ["the version that is never valid", `ff-${traceId}-${parentId}-01`],
  ["more fields in version 00", `00-${traceId}-${parentId}-01-more`],
  ["a short trace id", `00-${traceId.slice(1)}-${parentId}-01`],
  ["two headers joined", `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`],
  ["a line break", `00-${traceId}-${parentId}-01\n`],
])("%s is not", (_why, header) => {
  expect(readTraceparent(header)).toBeUndefined();
});

test("what is written can be read, and each call has a parent id of its own", () => {
  const trace = newTrace();
  const headers = [writeTraceparent(trace), writeTraceparent(trace)];
  expect(headers.map(readTraceparent)).toEqual([trace, trace]);
  expect(headers[0]).not.toBe(headers[1]);
  expect(newTrace().traceId).not.toBe(trace.traceId);
});
