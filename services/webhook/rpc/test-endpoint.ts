import type { MethodImpl } from "@connectrpc/connect";
import { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { toAttempt } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { WebhookParts } from "../service.ts";
import { signedMessage } from "../sign.ts";
import { findSecrets } from "../store-endpoint.ts";

/** Shorter than a call may take, so that the caller learns of an endpoint that does not answer; milliseconds. */
const timeoutMs = 10_000;

/** Sends an endpoint an event of type `test` now, disabled or not; it is in no log. */
export function testEndpoint({
  db,
  clock,
  box,
  send,
}: WebhookParts): MethodImpl<typeof WebhookService.method.testEndpoint> {
  return async (request, ctx) => {
    const { endpointId } = request;
    const { signal } = ctx;
    const call = { db, clock, ...keyedCall(WebhookService.method.testEndpoint, request, ctx) };
    return keyed(call, async () => {
      const endpoint = await findSecrets(db, endpointId);
      if (endpoint === undefined) throw fail("ENDPOINT_NOT_FOUND", { endpoint_id: endpointId });
      const now = clock();
      const data = JSON.stringify({ endpoint: { id: endpointId } });
      const event = { id: newId("test"), type: "test", data, eventTime: now };
      return toAttempt(await send(signedMessage({ event, endpoint }, { box, now }), { signal, timeoutMs }));
    });
  };
}
