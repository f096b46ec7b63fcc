import type { MethodImpl } from "@connectrpc/connect";
import { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { type Inbox, toWebhookEventMessage } from "../../../lib/webhooks/index.ts";
import type { PaymentDeps } from "../service.ts";

const method = PaymentService.method.replayWebhookEvent;

/** Applies an event of the inbox once more. */
export function replayWebhookEvent({
  db,
  inbox,
}: Pick<PaymentDeps, "db"> & { inbox: Inbox }): MethodImpl<typeof method> {
  return (request, ctx) => {
    const call = keyedCall(method, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => toWebhookEventMessage(await inbox.replay(tx, request.eventId))),
    );
  };
}
