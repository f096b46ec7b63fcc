import type { MethodImpl } from "@connectrpc/connect";
import { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { type Inbox, toWebhookEventMessage } from "../../../lib/webhooks/index.ts";
import type { NotifyDeps } from "../service.ts";

/** Has an event of the inbox applied once more. Errors: WEBHOOK_EVENT_NOT_FOUND, REQUEST_ID_REUSED. */
export function replayWebhookEvent(
  { db }: NotifyDeps,
  inbox: Inbox,
): MethodImpl<typeof NotifyService.method.replayWebhookEvent> {
  const method = NotifyService.method.replayWebhookEvent;
  return (request, ctx) => {
    const call = keyedCall(method, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => toWebhookEventMessage(await inbox.replay(tx, request.eventId))),
    );
  };
}
