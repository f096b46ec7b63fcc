import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePayload, encodePayloads } from "./payload.ts";

/** What Postgres refuses begins here. */
const tooLong = 8_000;

test("what is encoded is decoded, in payloads that Postgres takes", () => {
  const ids = fc.array(fc.string({ minLength: 1, maxLength: 64, unit: "binary" }), {
    minLength: 1,
    maxLength: 400,
  });
  fc.assert(
    fc.property(ids, (ids) => {
      const payloads = encodePayloads({ origin: "me", ids });
      for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(tooLong);
      const told = payloads.map(decodePayload);
      expect(told.flatMap((each) => each?.ids ?? [])).toEqual(ids);
      expect(new Set(told.map((each) => each?.origin))).toEqual(new Set(["me"]));
    }),
    { numRuns: 50 },
  );
});

test("as few payloads as need be", () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `sku-${String(i).padStart(8, "0")}`);
  expect(encodePayloads({ origin: "me", ids })).toHaveLength(2);
});

test("anything may have changed", () => {
  expect(encodePayloads({ origin: "me" }).map(decodePayload)).toEqual([{ origin: "me" }]);
});

test.each([
  ["", "nothing"],
  ["a b", "no JSON"],
  ["{}", "no array"],
  ["[]", "no origin"],
  ['["me",1]', "an id that is no text"],
])("%j is not understood: %s", (payload) => {
  expect(decodePayload(payload)).toBeUndefined();
});
