import { expect } from "vitest";
import { errorInfo } from "../../../lib/errors/reasons.ts";

/** Expects a call to fail with the reason, and its metadata to have these entries among others. */
export async function expectReason(
  call: Promise<unknown>,
  reason: string,
  metadata: Record<string, string> = {},
): Promise<void> {
  const failure = await call.then(
    (answer) => ({ answer }),
    (err: unknown) => errorInfo(err) ?? err,
  );
  expect(failure).toMatchObject({ reason, metadata });
}
