import type { MethodImpl } from "@connectrpc/connect";
import type { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { type Inbox, toWebhookEventMessage } from "../../../lib/webhooks/index.ts";

/** Lists the inbox, the newest first. Errors: PAGE_TOKEN_INVALID. */
export function listWebhookEvents(inbox: Inbox): MethodImpl<typeof ShippingService.method.listWebhookEvents> {
  return async (request) => {
    const { events, nextPageToken } = await inbox.list(request);
    return { events: events.map(toWebhookEventMessage), nextPageToken };
  };
}
