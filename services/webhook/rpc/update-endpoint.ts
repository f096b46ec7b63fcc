import type { Validator } from "@bufbuild/protovalidate";
import type { MethodImpl } from "@connectrpc/connect";
import { EndpointSchema, WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { readNamed, required } from "../../../lib/update-mask.ts";
import { toEndpoint } from "../convert.ts";
import { etagOf } from "../endpoint.ts";
import { checkUrl } from "../public-address.ts";
import { fail } from "../reasons.ts";
import type { WebhookParts } from "../service.ts";
import { giveUpPending } from "../store-delivery.ts";
import { lockEndpoint, updateEndpointRow } from "../store-endpoint.ts";

const changeable = ["url", "eventTypes", "description", "disabled"] as const;

/**
 * Changes the fields that the mask names, on the locked row: of two updates with the same etag the second finds
 * another one and fails. Disabling gives up what is not sent yet. Safe to retry with a request_id.
 */
export function updateEndpoint({
  db,
  clock,
  rules,
  validator,
}: WebhookParts & { validator: Validator }): MethodImpl<typeof WebhookService.method.updateEndpoint> {
  return async (request, ctx) => {
    const resource = required(request.endpoint, "endpoint");
    const { id: endpointId, etag } = resource;
    const content = readNamed({
      schema: EndpointSchema,
      resource,
      field: "endpoint",
      mask: request.updateMask,
      changeable,
      validator,
      fail,
    });
    if (content.url !== undefined) await checkUrl(content.url, rules);
    const call = keyedCall(WebhookService.method.updateEndpoint, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const present = await lockEndpoint(tx, endpointId);
        if (present === undefined) throw fail("ENDPOINT_NOT_FOUND", { endpoint_id: endpointId });
        if (etag !== "" && etag !== etagOf(present)) {
          throw fail("ETAG_MISMATCH", { endpoint_id: endpointId, etag: etagOf(present) });
        }
        const merged = { ...present, ...content };
        const updated = await updateEndpointRow(tx, { id: endpointId, content: merged, now: clock() });
        if (updated.disabled) await giveUpPending(tx, endpointId);
        return toEndpoint(updated);
      }),
    );
  };
}
