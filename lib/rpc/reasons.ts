import { Code } from "@connectrpc/connect";
import { defineReasons } from "../errors/reasons.ts";

/** What the runtime itself fails with, whatever the service. */
export const failRpc = defineReasons({
  /** The caller's deadline, or the default one, passed while the handler ran. */
  DEADLINE_EXCEEDED: { code: Code.DeadlineExceeded, message: "the deadline of {method} passed" },
  /** So little time was left at arrival that the call was not begun; nothing happened. */
  DEADLINE_TOO_SHORT: { code: Code.DeadlineExceeded, message: "too little time is left for {method}" },
  /** The caller went away or gave up. */
  CANCELLED: { code: Code.Canceled, message: "the call of {method} was canceled" },
  /** The method needs a credential and none was given. */
  UNAUTHENTICATED: { code: Code.Unauthenticated, message: "a credential is needed" },
  /** A credential was given and is wrong, forged or expired. */
  INVALID_CREDENTIALS: { code: Code.Unauthenticated, message: "the credential in {header} is not valid" },
  /** The method is for another kind of caller. */
  PERMISSION_DENIED: { code: Code.PermissionDenied, message: "{method} is not open to this caller" },
  /** The key's role does not reach to the method. */
  ROLE_TOO_SMALL: {
    code: Code.PermissionDenied,
    message: "{method} is not open to a key with the role {role}",
  },
  /** The key is limited to the services of other areas. */
  AREA_NOT_ALLOWED: { code: Code.PermissionDenied, message: "the key is not for the area {area}" },
  /** The resource belongs to another guest or customer. */
  NOT_OWNER: { code: Code.PermissionDenied, message: "this belongs to somebody else" },
  /** Whose the credential is could not be found out; it may be good. */
  CREDENTIALS_UNCHECKED: {
    code: Code.Unavailable,
    message: "the credential in {header} cannot be checked now",
  },
  /** The bytes are no message of the method's request type. */
  MALFORMED_REQUEST: { code: Code.InvalidArgument, message: "the request is not a valid {type}" },
  /** A single-request method was sent none, or more than one. */
  WRONG_REQUEST_COUNT: { code: Code.InvalidArgument, message: "{method} takes exactly one request message" },
  /** No such method here. */
  UNIMPLEMENTED: { code: Code.Unimplemented, message: "{method} is not served here" },
  /** The process is stopping; another replica can take the call. */
  SHUTTING_DOWN: { code: Code.Unavailable, message: "the server is shutting down" },
});
