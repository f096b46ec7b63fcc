import type { Db, Tx } from "../../lib/db/index.ts";
import { lockCoupons } from "./store-coupon.ts";
import { lockPromotions } from "./store-promotion.ts";
import {
  findRedemptions,
  keysOf,
  markReleased,
  type RedemptionRow,
  uncountUses,
  usesOf,
} from "./store-redemption.ts";

/**
 * Counts an order out again, or sees to it that it never gets in: an order that has not redeemed is marked as
 * released, and Redeem refuses it.
 */
export async function releaseUses(
  db: Db,
  { orderId, now }: { orderId: string; now: Date },
): Promise<RedemptionRow> {
  // A redemption is made, then released: it changes twice at most while it is looked at.
  for (let attempt = 1; attempt <= 3; attempt++) {
    const row = await db.transaction((tx) => releaseAsFound(tx, { orderId, now }));
    if (row !== undefined) return row;
  }
  throw new Error(`the redemption of ${orderId} changes all the time`);
}

/**
 * Takes the locks in the order of `redeemAll`, those of what the order is found to use first. Undefined when it
 * redeemed in between.
 */
async function releaseAsFound(
  tx: Tx,
  { orderId, now }: { orderId: string; now: Date },
): Promise<RedemptionRow | undefined> {
  const [found] = await findRedemptions(tx, [orderId]);
  if (found !== undefined && found.release_time !== null) return found;
  const uses = found === undefined ? [] : usesOf(found);
  const { ids, codes } = keysOf(uses);
  const [, , released] = await Promise.all([
    lockPromotions(tx, ids),
    lockCoupons(tx, codes),
    markReleased(tx, { orderId, promotionIds: ids, now }),
  ]);
  if (released !== undefined && uses.length > 0) {
    await uncountUses(tx, { orderId, uses, customerKey: released.customer_key });
  }
  return released;
}
