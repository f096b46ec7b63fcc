import type { MethodImpl } from "@connectrpc/connect";
import { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import type { Draft } from "../message.ts";
import { deliverOnce } from "../request-event.ts";
import type { NotifyDeps } from "../service.ts";

/**
 * Sends an e-mail of the staff's own, once per request_id.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_SUPPRESSED, MESSAGE_IN_PROGRESS, REQUEST_ID_REUSED.
 */
export function sendEmail(deps: NotifyDeps): MethodImpl<typeof NotifyService.method.sendEmail> {
  return (request, ctx) => {
    const { to, from, subject, text, html } = request;
    const draft: Draft = { channel: "EMAIL", to, from, subject, text, html };
    return deliverOnce(deps, ctx, { method: NotifyService.method.sendEmail, request, draft });
  };
}
