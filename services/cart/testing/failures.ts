import type { ErrorInfo } from "../../../gen/google/rpc/error_details_pb.js";
import { errorInfo } from "../../../lib/errors/reasons.ts";

/** The ErrorInfo with which a call fails. Throws what it failed with when that has none, and when it did not fail. */
export async function failureOf(call: Promise<unknown>): Promise<ErrorInfo> {
  let answer: unknown;
  try {
    answer = await call;
  } catch (err) {
    const info = errorInfo(err);
    if (info === undefined) {
      throw err;
    }
    return info;
  }
  throw new Error("the call did not fail", { cause: answer });
}
