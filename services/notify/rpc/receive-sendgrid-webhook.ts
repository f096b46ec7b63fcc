import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { failWebhook, type Inbox } from "../../../lib/webhooks/index.ts";
import { isRecent, isSignedBySendgrid, readSendgridEvents, readSendgridKey } from "../sendgrid-webhook.ts";
import type { NotifyDeps } from "../service.ts";

/** Takes a message from SendGrid into the inbox. Errors: WEBHOOK_SIGNATURE_INVALID, WEBHOOK_MALFORMED. */
export function receiveSendgridWebhook(
  { clock, webhooks }: NotifyDeps,
  inbox: Inbox,
): MethodImpl<typeof NotifyService.method.receiveSendgridWebhook> {
  const key = readSendgridKey(webhooks.sendgridPublicKey);
  return async ({ content }, { requestHeader }) => {
    const body = content?.data ?? new Uint8Array();
    const signature = requestHeader.get("x-twilio-email-event-webhook-signature") ?? "";
    const timestamp = requestHeader.get("x-twilio-email-event-webhook-timestamp") ?? "";
    if (!isRecent(timestamp, clock) || !isSignedBySendgrid(key, { signature, timestamp, body })) {
      throw failWebhook("WEBHOOK_SIGNATURE_INVALID", { provider: "sendgrid" });
    }
    await inbox.receive(readSendgridEvents(body));
    return {};
  };
}
