import type { MethodImpl } from "@connectrpc/connect";
import type { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toPromotion } from "../convert.ts";
import type { PromotionParts } from "../service.ts";
import { listPromotionPage } from "../store-promotion.ts";

const filter = ["promotions"];

/** Lists promotions, the newest first. */
export function listPromotions({
  db,
}: PromotionParts): MethodImpl<typeof PromotionService.method.listPromotions> {
  return async (request) => {
    const cursor = decodePageToken({ token: request.pageToken, filter, like: ["time", "text"] });
    const pageSize = pageSizeOf(request.pageSize);
    const rows = await listPromotionPage(db, {
      after: cursor && { time: new Date(cursor[0]), id: cursor[1] },
      limit: pageSize + 1,
    });
    const { page, nextPageToken } = paginate({
      rows,
      pageSize,
      filter,
      cursorOf: (row) => [row.create_time.getTime(), row.id],
    });
    return { promotions: page.map(toPromotion), nextPageToken };
  };
}
