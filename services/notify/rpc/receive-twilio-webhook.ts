import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { failWebhook, type Inbox } from "../../../lib/webhooks/index.ts";
import type { NotifyDeps } from "../service.ts";
import { isSignedByTwilio, readForm, readTwilioEvent } from "../twilio-webhook.ts";

/** Takes a message from Twilio into the inbox. Errors: WEBHOOK_SIGNATURE_INVALID, WEBHOOK_MALFORMED. */
export function receiveTwilioWebhook(
  { webhooks: { twilioAuthToken, publicUrl } }: NotifyDeps,
  inbox: Inbox,
): MethodImpl<typeof NotifyService.method.receiveTwilioWebhook> {
  const url = `${publicUrl}/v1/webhooks/twilio`;
  return async ({ content }, { requestHeader }) => {
    const form = readForm(content?.data ?? new Uint8Array());
    const signature = requestHeader.get("x-twilio-signature") ?? "";
    if (!(await isSignedByTwilio(twilioAuthToken, { signature, url, form }))) {
      throw failWebhook("WEBHOOK_SIGNATURE_INVALID", { provider: "twilio" });
    }
    await inbox.receive([readTwilioEvent(form)]);
    return {};
  };
}
