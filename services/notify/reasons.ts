import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Notify, as callers see it. */
export const fail = defineReasons({
  MESSAGE_NOT_FOUND: { code: Code.NotFound, message: "message {message_id} does not exist" },
  /** The provider will never take the message; it is recorded as REFUSED and not tried again. */
  MESSAGE_REFUSED: { code: Code.FailedPrecondition, message: "the {channel} message was refused: {message}" },
  /** Another call is sending the message, or its sending has no known outcome yet. Try again. */
  MESSAGE_IN_PROGRESS: { code: Code.Aborted, message: "the {channel} message {message_id} is being sent" },
  /** The provider gave no usable answer in time; the message stays PENDING. Safe to try again. */
  PROVIDER_UNAVAILABLE: { code: Code.Unavailable, message: "{provider} does not answer" },
  REQUEST_ID_REUSED: {
    code: Code.AlreadyExists,
    message: "request_id {request_id} was used before with another request",
  },
});
