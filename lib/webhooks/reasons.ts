import { Code } from "@connectrpc/connect";
import { defineReasons } from "../errors/reasons.ts";

/** What can go wrong with a webhook, as the vendor that sends it and the operators see it. */
export const failWebhook = defineReasons({
  WEBHOOK_EVENT_NOT_FOUND: {
    code: Code.NotFound,
    message: "webhook event {event_id} does not exist",
  },
  WEBHOOK_SIGNATURE_INVALID: {
    code: Code.Unauthenticated,
    message: "the message was not signed by {provider} for this shop, or too long ago",
  },
  WEBHOOK_MALFORMED: {
    code: Code.InvalidArgument,
    message: "this is not a message of {provider}: {description}",
  },
});
