import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { type Inbox, toWebhookEventMessage } from "../../../lib/webhooks/index.ts";

/** Lists the inbox, the newest first. Errors: PAGE_TOKEN_INVALID. */
export function listWebhookEvents(inbox: Inbox): MethodImpl<typeof NotifyService.method.listWebhookEvents> {
  return async (request) => {
    const { events, nextPageToken } = await inbox.list(request);
    return { events: events.map(toWebhookEventMessage), nextPageToken };
  };
}
