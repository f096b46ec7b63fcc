import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { fail } from "../reasons.ts";
import type { WebhookParts } from "../service.ts";
import { insertMissed, reopenFailed } from "../store-delivery.ts";
import { shareEndpoint } from "../store-endpoint.ts";

/**
 * Sends an endpoint once more what did not get through since a time: what was given up, and what happened while it was
 * disabled. Older events than are kept are none. Safe to retry with a request_id.
 */
export function recoverDeliveries({
  db,
  clock,
  dispatcher,
}: WebhookParts): MethodImpl<typeof WebhookService.method.recoverDeliveries> {
  return async (request, ctx) => {
    const { endpointId } = request;
    if (request.since === undefined) {
      throw invalidArgument([{ field: "since", description: "value is required" }]);
    }
    const since = timestampDate(request.since);
    const call = keyedCall(WebhookService.method.recoverDeliveries, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const endpoint = await shareEndpoint(tx, endpointId);
        if (endpoint === undefined) throw fail("ENDPOINT_NOT_FOUND", { endpoint_id: endpointId });
        if (endpoint.disabled) throw fail("ENDPOINT_DISABLED", { endpoint_id: endpointId });
        const given = { endpointId, since, now: clock() };
        const reopened = await reopenFailed(tx, given);
        const missed = await insertMissed(tx, given);
        tx.afterCommit(() => dispatcher.wake());
        return { deliveryCount: reopened + missed };
      }),
    );
  };
}
