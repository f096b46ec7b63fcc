import type { MethodImpl } from "@connectrpc/connect";
import { type NotifyService, SendEmailRequestSchema } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { toMessage } from "../convert.ts";
import { deliver } from "../deliver.ts";
import type { Draft } from "../message.ts";
import { requestEvent } from "../request-event.ts";
import type { NotifyDeps } from "../service.ts";

/**
 * Sends an e-mail of the staff's own, once per request_id.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_IN_PROGRESS, REQUEST_ID_REUSED.
 */
export function sendEmail(deps: NotifyDeps): MethodImpl<typeof NotifyService.method.sendEmail> {
  return async (req, ctx) => {
    const { to, from, subject, text, html } = req;
    const draft: Draft = { channel: "EMAIL", to, from, subject, text, html };
    const [message] = await deliver(deps, requestEvent(ctx, SendEmailRequestSchema, req), [draft]);
    if (message === undefined) throw new Error("an e-mail went out without a record");
    return toMessage(message);
  };
}
