import { ConnectError } from "@connectrpc/connect";
import { expect } from "vitest";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.js";
import { errorInfo, reasonOf } from "../errors/reasons.ts";

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

/** The reason of a refusal, and the fields that are at fault. */
export async function refusedFields(call: Promise<unknown>): Promise<[string | undefined, string[]]> {
  const err = await failureOf(call);
  return [reasonOf(err), violationsOf(err).map(({ field }) => field)];
}

/** What is wrong with which field, by a refusal's details. */
export function violationsOf(err: ConnectError): { field: string; description: string }[] {
  return err.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
}

/** How many calls were made, and how many failed for which reason. */
export function tally(outcomes: readonly PromiseSettledResult<unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const key = outcome.status === "fulfilled" ? "ok" : (reasonOf(outcome.reason) ?? String(outcome.reason));
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** What a call failed with; throws when it succeeded, or failed with anything but a ConnectError. */
export async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  const outcome = await call.then(
    () => undefined,
    (err: unknown) => err,
  );
  if (outcome instanceof ConnectError) return outcome;
  throw new Error("the call did not fail as it should", { cause: outcome });
}

/** The reason and the metadata that a call fails with; any other error, or the answer, as it is. */
export async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (answer) => ({ answer }),
    (err: unknown) => errorInfo(err) ?? err,
  );
}
