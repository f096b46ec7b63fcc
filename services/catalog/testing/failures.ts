import { Code, ConnectError } from "@connectrpc/connect";
import { expect } from "vitest";
import { BadRequestSchema } from "../../../gen/google/rpc/error_details_pb.js";
import { errorInfo } from "../../../lib/errors/reasons.ts";

/** Expects a call to fail with the reason, and its metadata to be exactly this. */
export async function expectReason(
  call: Promise<unknown>,
  reason: string,
  metadata: Record<string, string>,
): Promise<void> {
  expect(await failureInfo(call)).toEqual({ reason, metadata });
}

/** Why a call failed. */
export async function failureInfo(
  call: Promise<unknown>,
): Promise<{ reason: string | undefined; metadata: Record<string, string> | undefined }> {
  const info = errorInfo(await failureOf(call));
  return { reason: info?.reason, metadata: info?.metadata };
}

/** The fields that a call is refused for as INVALID_ARGUMENT. */
export async function refusedFields(call: Promise<unknown>): Promise<string[]> {
  return (await refusals(call)).map(({ field }) => field);
}

/** What a call is refused for as INVALID_ARGUMENT. */
export async function refusals(call: Promise<unknown>): Promise<{ field: string; description: string }[]> {
  const err = await failureOf(call);
  expect(err.code).toBe(Code.InvalidArgument);
  return err.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
}

async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  const outcome = await call.then(
    () => undefined,
    (err: unknown) => err,
  );
  if (!(outcome instanceof ConnectError))
    throw new Error("the call did not fail as it should", { cause: outcome });
  return outcome;
}
