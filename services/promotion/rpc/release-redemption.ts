import type { MethodImpl } from "@connectrpc/connect";
import type { PromotionService } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { toRedemption } from "../convert.ts";
import { releaseUses } from "../release.ts";
import type { PromotionParts } from "../service.ts";

/** Gives back what an order used, and closes it to Redeem. Safe to retry. */
export function releaseRedemption({
  db,
  clock,
}: PromotionParts): MethodImpl<typeof PromotionService.method.releaseRedemption> {
  return async ({ orderId }) => toRedemption(await releaseUses(db, { orderId, now: clock() }));
}
