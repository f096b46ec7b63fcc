import type { Coupon, Promotion } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { Db } from "../../lib/db/index.ts";
import type { AutomaticPromotions } from "./automatic-promotions.ts";
import { toCoupon, toPromotion } from "./convert.ts";
import type { Offer } from "./engine/offer.ts";
import { findCoupons } from "./store-coupon.ts";
import { findUsage, type UsageRow } from "./store-redemption.ts";

/** Who asks, and with which codes (as they are stored, each once). */
export interface Buyer {
  codes: readonly string[];
  /** As it is stored; empty while not known. */
  customerKey: string;
  /** The order whose own redemption does not count; empty for none. */
  orderId: string;
}

/**
 * What a buyer could use: the automatic promotions, then the coupons in the order of the codes; codes that do not
 * exist are left out. A statement for the coupons, and one for the usage when a limit asks for it.
 */
export async function findOffers(
  { db, automatic }: { db: Db; automatic: AutomaticPromotions },
  { codes, customerKey, orderId }: Buyer,
): Promise<Offer[]> {
  const [promotions, rows] = await Promise.all([
    automatic.get(),
    codes.length === 0 ? [] : findCoupons(db, codes),
  ]);
  const couponOf = new Map(rows.map((row) => [row.coupon.code, row]));
  const found: Pick<Offer, "promotion" | "coupon">[] = promotions.map((promotion) => ({
    promotion,
    coupon: undefined,
  }));
  for (const code of codes) {
    const row = couponOf.get(code);
    if (row !== undefined) found.push({ promotion: toPromotion(row), coupon: toCoupon(row.coupon) });
  }
  const limited = found.filter(
    ({ promotion, coupon }) =>
      (customerKey !== "" && promotion.customerLimit > 0n) ||
      (orderId !== "" && (promotion.limit > 0n || (coupon?.limit ?? 0n) > 0n)),
  );
  if (limited.length === 0) return found.map((offer) => ({ ...offer, customerRedeemed: 0n }));
  const promotionIds = [...new Set(limited.map(({ promotion }) => promotion.id))];
  const usage = await findUsage(db, { promotionIds, customerKey, orderId });
  const usageOf = new Map(usage.map((row) => [row.promotion_id, row]));
  return found.map((offer) => withoutOwn(offer, usageOf.get(offer.promotion.id)));
}

/** The offer as the other orders have left it. */
function withoutOwn(
  { promotion, coupon }: { promotion: Promotion; coupon: Coupon | undefined },
  usage: UsageRow | undefined,
): Offer {
  const own = usage?.own_code ?? undefined;
  return {
    promotion: own === undefined ? promotion : { ...promotion, redeemed: promotion.redeemed - 1n },
    coupon: own === coupon?.code ? coupon && { ...coupon, redeemed: coupon.redeemed - 1n } : coupon,
    customerRedeemed: usage?.customer_redeemed ?? 0n,
  };
}
