import type { ConnectError } from "@connectrpc/connect";
import type { Tx } from "../../lib/db/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { toCoupon, toPromotion } from "./convert.ts";
import { isUsedUp, type Offer, unavailability } from "./engine/offer.ts";
import { fail } from "./reasons.ts";
import { type CouponRow, lockCoupons } from "./store-coupon.ts";
import { lockPromotions, type PromotionRow } from "./store-promotion.ts";
import {
  countUses,
  findRedemption,
  findUsage,
  insertRedemption,
  keysOf,
  markReleased,
  type RedemptionRow,
  type Use,
  uncountUses,
  usesOf,
} from "./store-redemption.ts";

/** What an order wants to use, and when. */
export interface Redeeming {
  orderId: string;
  /** Each promotion once. */
  uses: readonly Use[];
  /** As it is stored. */
  customerKey: string;
  now: Date;
}

/**
 * Counts an order in, wholly or not at all. Locks are taken in one order everywhere: the order's redemption, the
 * promotions by id, the coupons by code; so no two deadlock, and what is found below a limit stays so until the end.
 *
 * @throws LIMIT_REACHED, CUSTOMER_LIMIT_REACHED, PROMOTION_NOT_ACTIVE, REDEMPTION_MISMATCH, REDEMPTION_RELEASED
 */
export async function redeemUses(tx: Tx, redeeming: Redeeming, log: Log): Promise<RedemptionRow> {
  const { orderId, uses, customerKey, now } = redeeming;
  const { ids, codes } = keysOf(uses);
  // Sent together; each is answered, and sees the tables, once those before it have their locks.
  const [made, promotions, coupons, usage] = await Promise.all([
    insertRedemption(tx, redeeming),
    lockPromotions(tx, ids),
    lockCoupons(tx, codes),
    findUsage(tx, { promotionIds: ids, customerKey, orderId }),
  ]);
  if (made === undefined) return repeated(await findRedemption(tx, orderId), redeeming);
  const promotionOf = new Map(promotions.map((row) => [row.id, row]));
  const couponOf = new Map(coupons.map((row) => [row.code, row]));
  const customerRedeemed = new Map(usage.map((row) => [row.promotion_id, row.customer_redeemed]));
  for (const use of uses) {
    const offer = offerOf(use, {
      promotion: promotionOf.get(use.promotionId),
      coupon: couponOf.get(use.code),
      customerRedeemed: customerRedeemed.get(use.promotionId) ?? 0n,
    });
    const refusal = offer instanceof Error ? offer : refusalOf(offer, now);
    if (refusal !== undefined) throw refusal;
  }
  await countUses(tx, redeeming);
  for (const { id, order_limit, redeemed } of promotions) {
    if (redeemed + 1n === order_limit) {
      tx.afterCommit(() =>
        log.info({ promotionId: id, limit: order_limit.toString() }, "promotion is used up"),
      );
    }
  }
  return made;
}

/** Counts an order out again, or sees to it that it never gets in. Takes its locks in the order of `redeemUses`. */
export async function releaseUses(
  tx: Tx,
  { orderId, now }: { orderId: string; now: Date },
): Promise<RedemptionRow> {
  const released = await markReleased(tx, { orderId, now });
  if (released === undefined) {
    const before = await findRedemption(tx, orderId);
    if (before === undefined) throw new Error(`the redemption of ${orderId} is neither new nor there`);
    return before;
  }
  const uses = usesOf(released);
  if (uses.length === 0) return released;
  const { ids, codes } = keysOf(uses);
  await Promise.all([
    lockPromotions(tx, ids),
    lockCoupons(tx, codes),
    uncountUses(tx, { orderId, uses, customerKey: released.customer_key }),
  ]);
  return released;
}

function offerOf(
  { promotionId, code }: Use,
  found: { promotion: PromotionRow | undefined; coupon: CouponRow | undefined; customerRedeemed: bigint },
): Offer | ConnectError {
  const refuse = (why: string) => fail("PROMOTION_NOT_ACTIVE", { promotion_id: promotionId, code, why });
  const { promotion, coupon, customerRedeemed } = found;
  if (promotion === undefined) return refuse("PROMOTION_NOT_FOUND");
  if (code === "" && !promotion.automatic) return refuse("NOT_AUTOMATIC");
  if (code !== "" && coupon?.promotion_id !== promotionId) return refuse("COUPON_NOT_FOUND");
  return {
    promotion: toPromotion(promotion),
    coupon: coupon && toCoupon(coupon),
    customerRedeemed,
  };
}

function refusalOf(offer: Offer, now: Date): ConnectError | undefined {
  const why = unavailability(offer, now);
  const promotion_id = offer.promotion.id;
  const code = offer.coupon?.code ?? "";
  switch (why) {
    case undefined:
      return undefined;
    case "LIMIT_REACHED":
      return fail(why, isUsedUp(offer.promotion) ? { promotion_id } : { promotion_id, code });
    case "CUSTOMER_LIMIT_REACHED":
      return fail(why, { promotion_id });
    case "DISABLED":
    case "PAUSED":
    case "NOT_STARTED":
    case "ENDED":
      return fail("PROMOTION_NOT_ACTIVE", { promotion_id, code, why });
    default:
      return why satisfies never;
  }
}

/** What an order is told that has a redemption already. */
function repeated(row: RedemptionRow | undefined, { orderId, uses }: Redeeming): RedemptionRow {
  if (row === undefined) throw new Error(`the redemption of ${orderId} is neither new nor there`);
  if (row.release_time !== null) throw fail("REDEMPTION_RELEASED", { order_id: orderId });
  if (contentOf(usesOf(row)) !== contentOf(uses)) throw fail("REDEMPTION_MISMATCH", { order_id: orderId });
  return row;
}

function contentOf(uses: readonly Use[]): string {
  return uses
    .map(({ promotionId, code }) => `${promotionId} ${code}`)
    .sort()
    .join();
}
