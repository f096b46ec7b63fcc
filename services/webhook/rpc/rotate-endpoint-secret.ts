import type { MethodImpl } from "@connectrpc/connect";
import { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toEndpointSecret } from "../convert.ts";
import { previousSecretMs } from "../endpoint.ts";
import { fail } from "../reasons.ts";
import { newSecret } from "../secret-box.ts";
import type { WebhookParts } from "../service.ts";
import { liveSecrets } from "../sign.ts";
import { findSecrets, replaceSecret } from "../store-endpoint.ts";

/**
 * Gives an endpoint a new secret; the one before signs, too, for a day. Safe to retry with a request_id: what is kept
 * under the key has no secret, so a repetition has the present ones.
 */
export function rotateEndpointSecret({
  db,
  clock,
  box,
}: WebhookParts): MethodImpl<typeof WebhookService.method.rotateEndpointSecret> {
  return async (request, ctx) => {
    const { endpointId } = request;
    const notFound = () => fail("ENDPOINT_NOT_FOUND", { endpoint_id: endpointId });
    const call = keyedCall(WebhookService.method.rotateEndpointSecret, request, ctx);
    await db.transaction((tx) =>
      once(tx, call, async () => {
        const now = clock();
        const expireTime = new Date(now.getTime() + previousSecretMs);
        const secret = box.seal(endpointId, newSecret());
        if (!(await replaceSecret(tx, { id: endpointId, secret, expireTime, now }))) throw notFound();
        return {};
      }),
    );
    const secrets = await findSecrets(db, endpointId);
    if (secrets === undefined) throw notFound();
    return toEndpointSecret(liveSecrets(secrets, { box, now: clock() }));
  };
}
