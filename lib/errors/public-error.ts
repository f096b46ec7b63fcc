import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { codeName } from "./codes.ts";
import { errorDomain, errorInfo, failure } from "./reasons.ts";

/**
 * What a caller may see of anything thrown: a ConnectError as it is (with an ErrorInfo named after
 * its code when it has none), an abort as CANCELLED, a timeout as DEADLINE_EXCEEDED, a database that
 * cannot be asked as UNAVAILABLE, all else as a bare INTERNAL. The text of an inner error never gets out; it is kept in `cause`, for the log.
 */
export function toPublicError(err: unknown): ConnectError {
  if (err instanceof ConnectError) {
    return errorInfo(err) === undefined ? withErrorInfo(err) : err;
  }
  switch (err instanceof Error ? err.name : undefined) {
    case "AbortError":
      return failure({
        code: Code.Canceled,
        reason: "CANCELLED",
        message: "the call was canceled",
        cause: err,
      });
    case "TimeoutError":
      return failure({
        code: Code.DeadlineExceeded,
        reason: "DEADLINE_EXCEEDED",
        message: "the call took too long",
        cause: err,
      });
    // lib/db's; by its name, since it is for lib/db to know lib/errors and not the other way round.
    case "DatabaseUnavailable":
      return failure({
        code: Code.Unavailable,
        reason: "DATABASE_UNAVAILABLE",
        message: "the database cannot be asked at present",
        cause: err,
      });
    default:
      return failure({ code: Code.Internal, reason: "INTERNAL", message: "internal error", cause: err });
  }
}

function withErrorInfo(err: ConnectError): ConnectError {
  const info = { desc: ErrorInfoSchema, value: { reason: codeName(err.code), domain: errorDomain } };
  // Details parsed from the wire and details yet to be sent may stand side by side: Connect writes both.
  const named = new ConnectError(err.rawMessage, err.code, err.metadata, [info], err.cause);
  named.details.push(...err.details);
  named.isWireError = err.isWireError;
  return named;
}
