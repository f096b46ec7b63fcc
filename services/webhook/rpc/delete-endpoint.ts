import type { MethodImpl } from "@connectrpc/connect";
import { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import type { WebhookParts } from "../service.ts";
import { deleteEndpointRow } from "../store-endpoint.ts";

/** Deletes an endpoint and its log. Safe to retry. */
export function deleteEndpoint({
  db,
}: WebhookParts): MethodImpl<typeof WebhookService.method.deleteEndpoint> {
  return async (request, ctx) => {
    const call = keyedCall(WebhookService.method.deleteEndpoint, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        await deleteEndpointRow(tx, request.endpointId);
        return {};
      }),
    );
  };
}
