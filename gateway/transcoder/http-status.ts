import { Code } from "@connectrpc/connect";

/** The HTTP status of an RPC status, as google/rpc/code.proto maps them. */
export function httpStatus(code: Code): number {
  switch (code) {
    case Code.Canceled:
      return 499; // Client Closed Request: nobody reads it; proxies and logs do
    case Code.Unknown:
      return 500; // an error nobody classified
    case Code.InvalidArgument:
      return 400; // Bad Request: wrong whatever the state is
    case Code.DeadlineExceeded:
      return 504; // Gateway Timeout: the effect may have happened
    case Code.NotFound:
      return 404; // Not Found, also for what the caller may not see
    case Code.AlreadyExists:
      return 409; // Conflict with what is there
    case Code.PermissionDenied:
      return 403; // Forbidden: known caller, not allowed
    case Code.ResourceExhausted:
      return 429; // Too Many Requests: a quota, or a limit of rate
    case Code.FailedPrecondition:
      return 400; // Bad Request: not 412, which speaks of If-Match headers only
    case Code.Aborted:
      return 409; // Conflict: lost a race, a wrong etag, a shortage; read again before trying again
    case Code.OutOfRange:
      return 400; // Bad Request: past the end
    case Code.Unimplemented:
      return 501; // Not Implemented
    case Code.Internal:
      return 500; // an invariant broke
    case Code.Unavailable:
      return 503; // Service Unavailable: try again
    case Code.DataLoss:
      return 500; // not recoverable
    case Code.Unauthenticated:
      return 401; // Unauthorized: no credentials, or bad ones
  }
}

/** Whether the words of an error with this status may come from anywhere inside, and so are not shown. */
export function isInternal(code: Code): boolean {
  return code === Code.Unknown || code === Code.Internal || code === Code.DataLoss;
}
