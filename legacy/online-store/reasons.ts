import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** What this API refuses besides what all facades and the core services do. */
export const fail = defineReasons({
  ORDER_NOT_CHECKED_OUT: {
    code: Code.FailedPrecondition,
    message: "order {order_id} is not checked out yet; nothing is locked that could be paid",
  },
  REQUEST_ID_REUSED: {
    code: Code.AlreadyExists,
    message: "request_id {request_id} was used before with another request",
  },
});
