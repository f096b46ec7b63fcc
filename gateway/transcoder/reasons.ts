import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Why the gateway itself refuses a request, before any service sees it. */
export const fail = defineReasons({
  ROUTE_NOT_FOUND: { code: Code.NotFound, message: "there is nothing at {path}" },
  METHOD_NOT_ALLOWED: { code: Code.Unimplemented, message: "{path} takes {allow}, not {method}" },
  CONTENT_TYPE_UNSUPPORTED: {
    code: Code.InvalidArgument,
    message: "a body of {content_type} cannot be read here; send {expected}",
  },
  NOT_ACCEPTABLE: {
    code: Code.InvalidArgument,
    message: "this is served as {offered}, which {accept} excludes",
  },
  BODY_TOO_LARGE: { code: Code.InvalidArgument, message: "the body is larger than {limit} bytes" },
  URL_TOO_LONG: { code: Code.InvalidArgument, message: "the URL is longer than {limit} bytes" },
  HEADERS_TOO_LARGE: {
    code: Code.InvalidArgument,
    message: "the headers that are passed on are larger than {limit} bytes",
  },
  ETAG_DIFFERS: { code: Code.FailedPrecondition, message: "the etag is another than If-Match says" },
  NO_ANSWER: { code: Code.Internal, message: "the service gave no answer" },
  CLIENT_GONE: { code: Code.Canceled, message: "the client went away" },
} as const);
