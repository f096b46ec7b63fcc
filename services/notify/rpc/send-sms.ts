import type { MethodImpl } from "@connectrpc/connect";
import { type NotifyService, SendSmsRequestSchema } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { toMessage } from "../convert.ts";
import { deliver } from "../deliver.ts";
import { smsDraft } from "../message.ts";
import { requestEvent } from "../request-event.ts";
import type { NotifyDeps } from "../service.ts";

/**
 * Sends a text message of the staff's own, once per request_id.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_IN_PROGRESS, REQUEST_ID_REUSED.
 */
export function sendSms(deps: NotifyDeps): MethodImpl<typeof NotifyService.method.sendSms> {
  return async (req, ctx) => {
    const [message] = await deliver(deps, requestEvent(ctx, SendSmsRequestSchema, req), [smsDraft(req)]);
    if (message === undefined) throw new Error("a text message went out without a record");
    return toMessage(message);
  };
}
