import type { ConnectError } from "@connectrpc/connect";
import type { Coupon, Promotion } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { type Db, isUniqueViolation, type Tx } from "../../lib/db/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { toCoupon, toPromotion } from "./convert.ts";
import { isUsedUp, type Offer, unavailability } from "./engine/offer.ts";
import { fail } from "./reasons.ts";
import { lockCoupons } from "./store-coupon.ts";
import { lockPromotions } from "./store-promotion.ts";
import {
  countCustomerUses,
  findRedemptions,
  insertRedemptions,
  keysOf,
  type Redeeming,
  type RedemptionRow,
  type Use,
  usesOf,
} from "./store-redemption.ts";

/** Orders that are decided in one transaction, and the time it takes place. */
export interface RedeemBatch {
  redeemings: readonly Redeeming[];
  now: Date;
  log: Log;
}

/**
 * Counts the orders in, in one transaction, first come, first served, each wholly or not at all. Locks are taken in
 * one order everywhere: promotions by id, coupons by code, redemptions by order; so no two deadlock, and what is
 * found below a limit stays so until the end, whatever other replicas do.
 *
 * One answer per order, in their order: the redemption, or LIMIT_REACHED, CUSTOMER_LIMIT_REACHED,
 * PROMOTION_NOT_ACTIVE, REDEMPTION_MISMATCH or REDEMPTION_RELEASED.
 */
export async function redeemAll(db: Db, batch: RedeemBatch): Promise<(RedemptionRow | ConnectError)[]> {
  try {
    return await db.transaction((tx) => decide(tx, batch));
  } catch (err) {
    // An order was released, or redeemed on another replica under other locks; now that is there to be found.
    if (!isUniqueViolation(err, "redemption_pkey")) throw err;
    return db.transaction((tx) => decide(tx, batch));
  }
}

/** What is used so far, as the transaction sees it; counted on as its orders are granted. */
interface Standing {
  promotions: ReadonlyMap<string, Promotion>;
  coupons: ReadonlyMap<string, Coupon>;
  /** By `customerUse`. */
  customers: Map<string, bigint>;
}

type Known = Pick<RedemptionRow, "promotion_ids" | "codes" | "release_time">;

async function decide(
  tx: Tx,
  { redeemings, now, log }: RedeemBatch,
): Promise<(RedemptionRow | ConnectError)[]> {
  const { ids, codes } = keysOf(redeemings.flatMap(({ uses }) => uses));
  const orderIds = redeemings.map(({ orderId }) => orderId);
  // Sent together; each is answered, and sees the tables, once those before it have their locks.
  const [promotions, coupons, earlier, customers] = await Promise.all([
    lockPromotions(tx, ids),
    lockCoupons(tx, codes),
    findRedemptions(tx, orderIds),
    countCustomerUses(tx, redeemings),
  ]);
  const standing: Standing = {
    promotions: new Map(promotions.map((row) => [row.id, toPromotion(row)])),
    coupons: new Map(coupons.map((row) => [row.code, toCoupon(row)])),
    customers: new Map(customers.map((row) => [customerUse(row.promotion_id, row.customer_key), row.orders])),
  };
  const known = new Map<string, Known>(earlier.map((row) => [row.order_id, row]));
  const granted: Redeeming[] = [];
  const refusals = redeemings.map((redeeming) => {
    const before = known.get(redeeming.orderId);
    if (before !== undefined) return repetition(before, redeeming);
    const refusal = refusalOf(redeeming, standing, now);
    if (refusal !== undefined) return refusal;
    granted.push(redeeming);
    countIn(redeeming, standing);
    known.set(redeeming.orderId, rowOf(redeeming.uses));
    return undefined;
  });
  const made = await insertRedemptions(tx, { redeemings: granted, now });
  for (const { id, order_limit: limit, redeemed } of promotions) {
    if (redeemed < limit && standing.promotions.get(id)?.redeemed === limit) {
      tx.afterCommit(() => log.info({ promotionId: id, limit: limit.toString() }, "promotion is used up"));
    }
  }
  const rows = new Map([...earlier, ...made].map((row) => [row.order_id, row]));
  return redeemings.map(({ orderId }, i) => {
    const answer = refusals[i] ?? rows.get(orderId);
    if (answer === undefined) throw new Error(`order ${orderId} has neither redeemed nor been refused`);
    return answer;
  });
}

/** Why an order cannot use what it wants, by the first of it that it cannot. */
function refusalOf(
  { uses, customerKey }: Redeeming,
  standing: Standing,
  now: Date,
): ConnectError | undefined {
  for (const use of uses) {
    const offer = offerOf(use, customerKey, standing);
    const refusal = typeof offer === "string" ? notActive(use, offer) : refusalOfOffer(offer, use, now);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** What an order wants to use, or why there is no such offer. */
function offerOf(
  { promotionId, code }: Use,
  customerKey: string,
  { promotions, coupons, customers }: Standing,
): Offer | string {
  const promotion = promotions.get(promotionId);
  const coupon = coupons.get(code);
  if (promotion === undefined) return "PROMOTION_NOT_FOUND";
  if (code === "" && !promotion.automatic) return "NOT_AUTOMATIC";
  if (code !== "" && coupon?.promotionId !== promotionId) return "COUPON_NOT_FOUND";
  return { promotion, coupon, customerRedeemed: customers.get(customerUse(promotionId, customerKey)) ?? 0n };
}

function refusalOfOffer(offer: Offer, use: Use, now: Date): ConnectError | undefined {
  const why = unavailability(offer, now);
  const metadata = { promotion_id: use.promotionId };
  switch (why) {
    case undefined:
      return undefined;
    case "LIMIT_REACHED":
      return fail(why, isUsedUp(offer.promotion) ? metadata : { ...metadata, code: use.code });
    case "CUSTOMER_LIMIT_REACHED":
      return fail(why, metadata);
    case "DISABLED":
    case "PAUSED":
    case "NOT_STARTED":
    case "ENDED":
      return notActive(use, why);
    default:
      return why satisfies never;
  }
}

function notActive({ promotionId, code }: Use, why: string): ConnectError {
  return fail("PROMOTION_NOT_ACTIVE", { promotion_id: promotionId, code, why });
}

function countIn({ uses, customerKey }: Redeeming, { promotions, coupons, customers }: Standing): void {
  for (const { promotionId, code } of uses) {
    for (const counter of [promotions.get(promotionId), coupons.get(code)]) {
      if (counter !== undefined) counter.redeemed += 1n;
    }
    const key = customerUse(promotionId, customerKey);
    customers.set(key, (customers.get(key) ?? 0n) + 1n);
  }
}

function customerUse(promotionId: string, customerKey: string): string {
  return `${promotionId} ${customerKey}`;
}

/** What an order is refused that has a redemption already; nothing when it says the same again. */
function repetition(before: Known, { orderId, uses }: Redeeming): ConnectError | undefined {
  if (before.release_time !== null) return fail("REDEMPTION_RELEASED", { order_id: orderId });
  if (contentOf(usesOf(before)) !== contentOf(uses))
    return fail("REDEMPTION_MISMATCH", { order_id: orderId });
  return undefined;
}

function rowOf(uses: readonly Use[]): Known {
  return {
    promotion_ids: uses.map(({ promotionId }) => promotionId),
    codes: uses.map(({ code }) => code),
    release_time: null,
  };
}

function contentOf(uses: readonly Use[]): string {
  return uses
    .map(({ promotionId, code }) => `${promotionId} ${code}`)
    .sort()
    .join();
}
