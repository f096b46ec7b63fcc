import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { toMessage } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { NotifyDeps } from "../service.ts";
import { findMessage } from "../store.ts";

/** Returns one message. Errors: MESSAGE_NOT_FOUND. */
export function getMessage({ db }: NotifyDeps): MethodImpl<typeof NotifyService.method.getMessage> {
  return async ({ messageId }) => {
    const message = await findMessage(db, messageId);
    if (message === undefined) throw fail("MESSAGE_NOT_FOUND", { message_id: messageId });
    return toMessage(message);
  };
}
