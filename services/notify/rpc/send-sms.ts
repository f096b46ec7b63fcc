import type { MethodImpl } from "@connectrpc/connect";
import { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { smsDraft } from "../message.ts";
import { deliverOnce } from "../request-event.ts";
import type { NotifyDeps } from "../service.ts";

/**
 * Sends a text message of the staff's own, once per request_id.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_SUPPRESSED, MESSAGE_IN_PROGRESS, REQUEST_ID_REUSED.
 */
export function sendSms(deps: NotifyDeps): MethodImpl<typeof NotifyService.method.sendSms> {
  return (request, ctx) =>
    deliverOnce(deps, ctx, {
      method: NotifyService.method.sendSms,
      request,
      draft: smsDraft(request),
    });
}
