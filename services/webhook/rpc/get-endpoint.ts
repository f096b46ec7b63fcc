import type { MethodImpl } from "@connectrpc/connect";
import type { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { toEndpoint } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { WebhookParts } from "../service.ts";
import { findEndpoint } from "../store-endpoint.ts";

/** Returns one endpoint, without its secret. */
export function getEndpoint({ db }: WebhookParts): MethodImpl<typeof WebhookService.method.getEndpoint> {
  return async ({ endpointId }) => {
    const endpoint = await findEndpoint(db, endpointId);
    if (endpoint === undefined) throw fail("ENDPOINT_NOT_FOUND", { endpoint_id: endpointId });
    return toEndpoint(endpoint);
  };
}
