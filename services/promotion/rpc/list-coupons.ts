import type { MethodImpl } from "@connectrpc/connect";
import type { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toCoupon } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { PromotionParts } from "../service.ts";
import { listCouponPage } from "../store-coupon.ts";
import { findPromotion } from "../store-promotion.ts";

/** Lists the coupons of a promotion by code. */
export function listCoupons({ db }: PromotionParts): MethodImpl<typeof PromotionService.method.listCoupons> {
  return async ({ promotionId, pageSize: requested, pageToken }) => {
    const filter = ["coupons", promotionId];
    const [after = ""] = decodePageToken({ token: pageToken, filter, like: ["text"] }) ?? [];
    const pageSize = pageSizeOf(requested);
    const rows = await listCouponPage(db, { promotionId, after, limit: pageSize + 1 });
    if (rows.length === 0 && (await findPromotion(db, promotionId)) === undefined) {
      throw fail("PROMOTION_NOT_FOUND", { promotion_id: promotionId });
    }
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: ({ code }) => [code] });
    return { coupons: page.map(toCoupon), nextPageToken };
  };
}
