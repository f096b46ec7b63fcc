import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import type { NotifyDeps } from "../service.ts";
import { deleteAnswersOf, deleteEventsOf, deleteSourcesOf, eraseMessagesOf } from "../store-erase.ts";
import { eraseSuppressed } from "../store-suppression.ts";

/**
 * Blots out who these orders' messages, and all to these recipients, went to, and what their providers told of it. Safe to repeat. What providers
 * tell later lies in the inbox for 30 days; what they know themselves, they are to be asked for.
 */
export function eraseMessages({ db }: NotifyDeps): MethodImpl<typeof NotifyService.method.eraseMessages> {
  return ({ orderIds, recipients: named }) =>
    db.transaction(async (tx) => {
      const messages = await eraseMessagesOf(tx, { orderIds, recipients: named });
      const recipients = [...named, ...messages.map(({ recipient }) => recipient)];
      if (recipients.length === 0) return {};
      await eraseSuppressed(tx, recipients);
      await deleteEventsOf(tx, { messages, recipients });
      await deleteSourcesOf(tx, messages);
      await deleteAnswersOf(tx, messages);
      return {};
    });
}
