import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import type { UnaryRequest } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { AddressSchema, ContactSchema } from "../../../gen/rowlock/type/v1/address_pb.js";
import { MoneySchema } from "../../../gen/rowlock/type/v1/money_pb.js";
import { errorInfo } from "../../errors/reasons.ts";
import { failureOf } from "../testing/calls.ts";
import { inWords, patternWords } from "./pattern-words.ts";
import { validateRequests } from "./validate.ts";

/** What a caller who sends this message as a request is told. */
async function refusalOf<M extends DescMessage>(input: M, fields: MessageInitShape<M>) {
  const request = { stream: false, method: { input }, message: create(input, fields) };
  const next = () => Promise.reject(new Error("it was let through"));
  const call = validateRequests()(next)(request as unknown as UnaryRequest);
  return errorInfo(await failureOf(call))?.metadata["description"];
}

test("a request that does not fit a pattern is told what to send", async () => {
  expect(await refusalOf(MoneySchema, { currencyCode: "dollars" })).toBe(
    "must be a currency's three letters of ISO 4217 in capitals, such as USD",
  );
  const germany = { name: "Ada", line1: "1 Main St", city: "Berlin", countryCode: "Germany" };
  expect(await refusalOf(AddressSchema, germany)).toBe(
    "must be a country's two letters of ISO 3166-1 in capitals, such as US",
  );
  // Optional there.
  expect(await refusalOf(ContactSchema, { email: "ada@example.com", phone: "555 0123" })).toBe(
    "must be a phone number in E.164 form, such as +14155550123",
  );
});

test.each(
  [...patternWords].flatMap(([pattern, words]) => {
    const [, example] = / such as ([^ ,]+)/.exec(words) ?? [];
    return example === undefined ? [] : [[pattern, example] as const];
  }),
)("%s takes the example given for it, %s", (pattern, example) => {
  expect(example).toMatch(new RegExp(pattern, "u"));
});

test.each([
  ["another rule", { ruleId: "string.email", message: "must be a valid email address" }],
  ["a pattern without words", { ruleId: "string.pattern", message: "does not match regex pattern `^x$`" }],
])("%s is told as it is", (_what, violation) => {
  expect(inWords(violation)).toBe(violation.message);
});
