import { Code } from "@connectrpc/connect";
import { expect } from "vitest";
import { failureOf, violationsOf } from "../../../lib/testing/failures.ts";

/** The fields that a call is refused for as INVALID_ARGUMENT. */
export async function refusedFields(call: Promise<unknown>): Promise<string[]> {
  return (await refusals(call)).map(({ field }) => field);
}

/** What a call is refused for as INVALID_ARGUMENT. */
export async function refusals(call: Promise<unknown>): Promise<{ field: string; description: string }[]> {
  const err = await failureOf(call);
  expect(err.code).toBe(Code.InvalidArgument);
  return violationsOf(err);
}
