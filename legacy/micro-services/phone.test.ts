import { expect, test } from "vitest";
import { errorInfo } from "../../lib/errors/reasons.ts";
import { toE164 } from "./phone.ts";

test.each([
  ["+14155550123", "", "+14155550123", "as it should be"],
  ["+1 (415) 555-0123", "", "+14155550123", "as people write it"],
  ["0049 30 123456", "DE", "+4930123456", "dialled"],
  ["415.555.0123", "US", "+14155550123", "ten digits where they are enough"],
  ["1 415 555 0123", "CA", "+14155550123", "eleven"],
])("%j in %j is %s (%s)", (text, country, want, _why) => {
  expect(toE164({ text, country, field: "phone" })).toBe(want);
});

test.each([
  ["4155550123", "DE", "of no known country"],
  ["4155550123", "", "of no country at all"],
  ["555-0123", "US", "too short"],
  ["+0123456789", "US", "no country begins with 0"],
  ["call me", "US", "no number"],
  ["", "US", "nothing"],
])("%j in %j is refused (%s)", (text, country, _why) => {
  let refusal: unknown;
  try {
    toE164({ text, country, field: "phone" });
  } catch (err) {
    refusal = err;
  }
  expect(errorInfo(refusal)).toMatchObject({ reason: "INVALID_ARGUMENT", metadata: { field: "phone" } });
});
