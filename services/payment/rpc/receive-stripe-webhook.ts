import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import type { Inbox } from "../../../lib/webhooks/index.ts";
import type { PaymentDeps } from "../service.ts";

/** Takes a message from Stripe into the inbox; its signature says whose it is. */
export function receiveStripeWebhook({
  events,
  inbox,
}: Pick<PaymentDeps, "events"> & { inbox: Inbox }): MethodImpl<
  typeof PaymentService.method.receiveStripeWebhook
> {
  return async ({ content }, { requestHeader }) => {
    const body = content?.data ?? new Uint8Array();
    const signature = requestHeader.get("stripe-signature") ?? "";
    await inbox.receive([events.read({ body, signature })]);
    return {};
  };
}
