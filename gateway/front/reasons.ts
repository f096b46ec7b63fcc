import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Why the front door turns a request away, before anything of the shop sees it. */
export const fail = defineReasons({
  RATE_LIMITED: {
    code: Code.ResourceExhausted,
    message: "more than {limit} requests in {window_seconds} s; try again in {retry_seconds} s",
  },
  CSRF_REFUSED: {
    code: Code.PermissionDenied,
    message: "a page of {origin} may not act in the name of who is signed in here",
  },
  NO_SUCH_METHOD: { code: Code.Unimplemented, message: "there is no method {path}" },
  STARTING: { code: Code.Unavailable, message: "the server is starting" },
  MALFORMED_HTTP: { code: Code.InvalidArgument, message: "this is not an HTTP/1.1 request: {problem}" },
  HEADERS_TOO_LARGE: { code: Code.InvalidArgument, message: "the headers are larger than {limit}" },
  REQUEST_TIMEOUT: { code: Code.DeadlineExceeded, message: "the request did not arrive in time" },
  UPGRADE_REFUSED: { code: Code.Unimplemented, message: "{protocol} is not spoken here" },
} as const);
