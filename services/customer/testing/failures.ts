import { errorInfo } from "../../../lib/errors/reasons.ts";

/** The reason and the metadata that a call fails with; any other error, or the answer, as it is. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (answer) => ({ answer }),
    (err: unknown) => errorInfo(err) ?? err,
  );
}
