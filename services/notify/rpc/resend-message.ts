import type { MethodImpl } from "@connectrpc/connect";
import { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { toMessage } from "../convert.ts";
import { deliver, type Event } from "../deliver.ts";
import { fail } from "../reasons.ts";
import { requireSent } from "../request-event.ts";
import { makeAnew } from "../resend.ts";
import type { NotifyParts } from "../service.ts";
import { findMessage } from "../store.ts";
import type { Unsubscribing } from "../unsubscribing.ts";

/**
 * Sends news once more, once per request_id. What is not sent yet goes on as the message that it is, so that of any
 * number of calls, and the job that tells the news, one sends it.
 */
export function resendMessage(
  parts: NotifyParts,
  unsubscribing: Unsubscribing,
): MethodImpl<typeof NotifyService.method.resendMessage> {
  const method = NotifyService.method.resendMessage;
  const { db, clock } = parts;
  return (request, ctx) => {
    const { messageId } = request;
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async () => {
      const message = await findMessage(db, messageId);
      if (message === undefined) throw fail("MESSAGE_NOT_FOUND", { message_id: messageId });
      const { draft, source } = await makeAnew(parts, unsubscribing, message);
      const isNew = message.state !== "PENDING" && message.state !== "FAILED";
      const { eventKey: key, orderId, fingerprint } = message;
      const event: Event = isNew
        ? {
            key: `resend:${messageId}:${call.caller}:${call.key || newId("req")}`,
            orderId,
            fingerprint,
            source,
            resendOf: messageId,
          }
        : { key, orderId, fingerprint };
      const sent = await deliver(parts, ctx, { event, drafts: [draft] });
      return toMessage(requireSent(sent));
    });
  };
}
