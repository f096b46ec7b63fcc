import type { MethodImpl } from "@connectrpc/connect";
import type { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toRedemption } from "../convert.ts";
import type { PromotionParts } from "../service.ts";
import { listRedemptionPage } from "../store-redemption.ts";

/** Lists what orders have redeemed, the newest first; released ones included. */
export function listRedemptions({
  db,
}: PromotionParts): MethodImpl<typeof PromotionService.method.listRedemptions> {
  return async ({ pageSize: requested, pageToken, promotionId, orderId }) => {
    const filter = ["redemptions", promotionId, orderId];
    const cursor = decodePageToken({ token: pageToken, filter, like: ["time", "text"] });
    const pageSize = pageSizeOf(requested);
    const rows = await listRedemptionPage(db, {
      promotionId,
      orderId,
      after: cursor && { time: new Date(cursor[0]), orderId: cursor[1] },
      limit: pageSize + 1,
    });
    const { page, nextPageToken } = paginate({
      rows,
      pageSize,
      filter,
      cursorOf: (row) => [row.create_time.getTime(), row.order_id],
    });
    return { redemptions: page.map(toRedemption), nextPageToken };
  };
}
