import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { type Inbox, toWebhookEventMessage } from "../../../lib/webhooks/index.ts";

/** Lists the inbox, the newest first. */
export function listWebhookEvents({
  inbox,
}: {
  inbox: Inbox;
}): MethodImpl<typeof PaymentService.method.listWebhookEvents> {
  return async (request) => {
    const { events, nextPageToken } = await inbox.list(request);
    return { events: events.map(toWebhookEventMessage), nextPageToken };
  };
}
