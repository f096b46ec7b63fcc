import type { MethodImpl } from "@connectrpc/connect";
import { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { toEndpoint } from "../convert.ts";
import { maxEndpoints } from "../endpoint.ts";
import { checkUrl } from "../public-address.ts";
import { fail } from "../reasons.ts";
import { newSecret } from "../secret-box.ts";
import type { WebhookParts } from "../service.ts";
import { findSecrets, insertEndpoint } from "../store-endpoint.ts";

/**
 * Makes an endpoint. Safe to retry with a request_id: the answer is kept without the secret, which stands sealed in
 * the endpoint alone, so a repetition has the present one.
 */
export function createEndpoint({
  db,
  clock,
  box,
  rules,
}: WebhookParts): MethodImpl<typeof WebhookService.method.createEndpoint> {
  return async (request, ctx) => {
    const { endpoint } = request;
    if (endpoint === undefined) {
      throw invalidArgument([{ field: "endpoint", description: "value is required" }]);
    }
    await checkUrl(endpoint.url, rules);
    const call = keyedCall(WebhookService.method.createEndpoint, request, ctx);
    const made = await db.transaction((tx) =>
      once(tx, call, async () => {
        const id = newId("whk");
        const secret = box.seal(id, newSecret());
        const row = await insertEndpoint(tx, { id, content: endpoint, secret, now: clock() });
        if (row === undefined) throw fail("ENDPOINTS_FULL", { limit: String(maxEndpoints) });
        return toEndpoint(row);
      }),
    );
    const secrets = await findSecrets(db, made.id);
    return { ...made, secret: secrets === undefined ? "" : box.open(made.id, secrets.secret) };
  };
}
