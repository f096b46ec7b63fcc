import { expect, test } from "vitest";
import { bankOf } from "./bank.ts";

test.each([
  ["", "", "the core has a default"],
  ["BCA_VA", "BCA_VA", "as the core spells it"],
  ["bca va", "BCA_VA", "a blank"],
  ["Bank-Transfer ", "BANK_TRANSFER", "a hyphen, a blank at the end"],
])("%j is %j (%s)", (given, want, _why) => {
  expect(bankOf(given)).toBe(want);
});
