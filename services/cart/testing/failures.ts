import { expect } from "vitest";
import { errorInfo } from "../../../lib/errors/reasons.ts";

/** Expects a call to fail with a reason, and with this metadata among what it carries. */
export async function expectFailure(
  call: Promise<unknown>,
  reason: string,
  metadata: Record<string, string> = {},
): Promise<void> {
  const failure = await call.then(
    () => undefined,
    (err: unknown) => errorInfo(err) ?? err,
  );
  expect(failure).toMatchObject({ reason, metadata });
}
