import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Webhook, as callers see it. */
export const fail = defineReasons({
  ENDPOINT_NOT_FOUND: { code: Code.NotFound, message: "webhook endpoint {endpoint_id} does not exist" },
  DELIVERY_NOT_FOUND: { code: Code.NotFound, message: "webhook delivery {delivery_id} does not exist" },
  /** The URL itself is not repeated: it may hold a secret. */
  ENDPOINT_URL_REFUSED: { code: Code.InvalidArgument, message: "endpoint.url {description}" },
  ENDPOINTS_FULL: {
    code: Code.ResourceExhausted,
    message: "a shop has no more than {limit} webhook endpoints",
  },
  ENDPOINT_DISABLED: {
    code: Code.FailedPrecondition,
    message: "webhook endpoint {endpoint_id} is disabled: enable it first",
  },
  /** The endpoint changed since the caller read it: read it again. */
  ETAG_MISMATCH: {
    code: Code.Aborted,
    message: "webhook endpoint {endpoint_id} has changed; its etag is {etag}",
  },
  UPDATE_MASK_INVALID: { code: Code.InvalidArgument, message: "update_mask {description}" },
});
