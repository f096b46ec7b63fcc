import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Notify, as callers see it. */
export const fail = defineReasons({
  MESSAGE_NOT_FOUND: { code: Code.NotFound, message: "message {message_id} does not exist" },
  /** The provider will never take the message; it is recorded as REFUSED and not tried again. */
  MESSAGE_REFUSED: { code: Code.FailedPrecondition, message: "the {channel} message was refused: {message}" },
  /** The recipient bounced, complained or opted out: nothing is sent to there until that is lifted. */
  MESSAGE_SUPPRESSED: {
    code: Code.FailedPrecondition,
    message: "the {channel} message was not sent: its recipient is suppressed ({why})",
  },
  /** Of what it was made is not kept, not any more, or it is old news. */
  MESSAGE_NOT_RESENDABLE: {
    code: Code.FailedPrecondition,
    message: "message {message_id} cannot be sent once more: {why}",
  },
  UNSUBSCRIBE_TOKEN_INVALID: { code: Code.NotFound, message: "the link is not one of this shop's" },
  /** Another call is sending the message, or its sending has no known outcome yet. Try again. */
  MESSAGE_IN_PROGRESS: { code: Code.Aborted, message: "the {channel} message {message_id} is being sent" },
  /** The provider gave no usable answer in time; the message stays PENDING. Safe to try again. */
  PROVIDER_UNAVAILABLE: { code: Code.Unavailable, message: "{provider} does not answer" },
  EVENT_NOT_FOUND: { code: Code.NotFound, message: "nothing is told of an event {event}" },
  ORDER_NOT_FOUND: { code: Code.NotFound, message: "order {order_id} does not exist" },
  /** There is no such event, or nobody has words for it in the language. */
  TEMPLATE_NOT_FOUND: { code: Code.NotFound, message: "there is no template {event} in {language}" },
  LANGUAGE_INVALID: { code: Code.InvalidArgument, message: "{language} is not a BCP 47 tag of a language" },
  TEMPLATE_INVALID: { code: Code.InvalidArgument, message: "{part}, line {line}: {problem}" },
  /** Somebody else was quicker. Read again what there is now. */
  ETAG_MISMATCH: {
    code: Code.Aborted,
    message: "template {event} in {language} was changed by somebody else",
  },
  REQUEST_ID_REUSED: {
    code: Code.AlreadyExists,
    message: "request_id {request_id} was used before with another request",
  },
});
