import type { MethodImpl } from "@connectrpc/connect";
import type { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { failWebhook, type Inbox } from "../../../lib/webhooks/index.ts";
import type { ShippingDeps } from "../service.ts";
import { isShippoToken, readShippoEvent } from "../webhooks.ts";

/** Takes a message from Shippo into the inbox. Errors: WEBHOOK_SIGNATURE_INVALID, WEBHOOK_MALFORMED. */
export function receiveShippoWebhook(
  { webhookToken }: ShippingDeps,
  inbox: Inbox,
): MethodImpl<typeof ShippingService.method.receiveShippoWebhook> {
  return async ({ content, token }) => {
    if (!isShippoToken(token, webhookToken)) {
      throw failWebhook("WEBHOOK_SIGNATURE_INVALID", { provider: "shippo" });
    }
    await inbox.receive([readShippoEvent(content?.data ?? new Uint8Array())]);
    return {};
  };
}
