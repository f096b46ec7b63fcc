import type { MethodImpl } from "@connectrpc/connect";
import type { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { toEndpointSecret } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { WebhookParts } from "../service.ts";
import { liveSecrets } from "../sign.ts";
import { findSecrets } from "../store-endpoint.ts";

/** Returns an endpoint's secrets that count now. */
export function getEndpointSecret({
  db,
  clock,
  box,
}: WebhookParts): MethodImpl<typeof WebhookService.method.getEndpointSecret> {
  return async ({ endpointId }) => {
    const secrets = await findSecrets(db, endpointId);
    if (secrets === undefined) throw fail("ENDPOINT_NOT_FOUND", { endpoint_id: endpointId });
    return toEndpointSecret(liveSecrets(secrets, { box, now: clock() }));
  };
}
