import type { MethodImpl } from "@connectrpc/connect";
import type { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { toEndpoint } from "../convert.ts";
import type { WebhookParts } from "../service.ts";
import { listAllEndpoints } from "../store-endpoint.ts";

/** Lists all endpoints, the oldest first, without their secrets. */
export function listEndpoints({ db }: WebhookParts): MethodImpl<typeof WebhookService.method.listEndpoints> {
  return async () => ({ endpoints: (await listAllEndpoints(db)).map(toEndpoint) });
}
