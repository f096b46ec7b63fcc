import type { MethodImpl } from "@connectrpc/connect";
import { Delivery_State, type WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toDelivery } from "../convert.ts";
import type { DeliveryState } from "../delivery.ts";
import type { WebhookParts } from "../service.ts";
import { listDeliveryPage } from "../store-delivery.ts";

/** Lists deliveries, the newest first. */
export function listDeliveries({
  db,
}: WebhookParts): MethodImpl<typeof WebhookService.method.listDeliveries> {
  return async ({ pageSize: requested, pageToken, endpointId, state: wanted, subject }) => {
    const state =
      wanted === Delivery_State.UNSPECIFIED ? undefined : (Delivery_State[wanted] as DeliveryState);
    const filter = ["webhook_deliveries", endpointId, state, subject];
    const [below] = decodePageToken({ token: pageToken, filter, like: ["text"] }) ?? [];
    const pageSize = pageSizeOf(requested);
    const rows = await listDeliveryPage(db, { below, limit: pageSize + 1, endpointId, state, subject });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: ({ id }) => [id] });
    return { deliveries: page.map(toDelivery), nextPageToken };
  };
}
