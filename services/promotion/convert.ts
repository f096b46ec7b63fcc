import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type AppliedPromotion,
  AppliedPromotionSchema,
  type Coupon,
  CouponSchema,
  type Evaluation,
  EvaluationSchema,
  type Promotion,
  PromotionSchema,
  type Redemption,
  RedemptionSchema,
} from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { sum } from "../../lib/money/arithmetic.ts";
import { money } from "../../lib/money/money.ts";
import type { Discount } from "./engine/combine.ts";
import type { CouponRow } from "./store-coupon.ts";
import type { PromotionContent, PromotionRow } from "./store-promotion.ts";
import { type RedemptionRow, usesOf } from "./store-redemption.ts";

export function toPromotion(row: PromotionRow): Promotion {
  return {
    ...fromJson(PromotionSchema, row.terms, { ignoreUnknownFields: true }),
    id: row.id,
    title: row.title,
    automatic: row.automatic,
    paused: row.paused,
    startTime: optionalTime(row.start_time),
    endTime: optionalTime(row.end_time),
    priority: row.priority,
    exclusive: row.exclusive,
    limit: row.order_limit,
    customerLimit: row.customer_limit,
    redeemed: row.redeemed,
    etag: etagOf(row.revision),
    createTime: timestampFromDate(row.create_time),
    updateTime: timestampFromDate(row.update_time),
  };
}

/** A promotion's content as columns; times are kept to the millisecond. */
export function toContent(promotion: Promotion): PromotionContent {
  const { startTime, endTime } = promotion;
  return {
    title: promotion.title,
    automatic: promotion.automatic,
    paused: promotion.paused,
    start_time: startTime === undefined ? null : timestampDate(startTime),
    end_time: endTime === undefined ? null : timestampDate(endTime),
    priority: promotion.priority,
    exclusive: promotion.exclusive,
    terms: termsOf(promotion),
    order_limit: promotion.limit,
    customer_limit: promotion.customerLimit,
  };
}

function termsOf({ target, minimum, minimumQuantity, action }: Promotion): JsonValue {
  return toJson(PromotionSchema, create(PromotionSchema, { target, minimum, minimumQuantity, action }));
}

/** The etag of a promotion's revision; opaque to callers. */
export function etagOf(revision: bigint): string {
  return revision.toString(36);
}

export function toCoupon(row: CouponRow): Coupon {
  return create(CouponSchema, {
    code: row.code,
    promotionId: row.promotion_id,
    limit: row.order_limit,
    redeemed: row.redeemed,
    disableTime: optionalTime(row.disable_time),
    createTime: timestampFromDate(row.create_time),
  });
}

export function toRedemption(row: RedemptionRow): Redemption {
  return create(RedemptionSchema, {
    orderId: row.order_id,
    promotions: usesOf(row),
    customerKey: row.customer_key,
    redeemTime: optionalTime(row.redeem_time),
    releaseTime: optionalTime(row.release_time),
  });
}

/** An evaluation; its sums are unset when there is nothing with a price, and so no currency. */
export function toEvaluation({
  currency,
  discounts,
  refusedCodes,
}: {
  currency: string;
  discounts: readonly Discount[];
  refusedCodes: readonly { code: string; reason: string }[];
}): Evaluation {
  const itemised = discounts.map((discount) => ({ ...discount, ...appliedOf(discount) }));
  const lineDiscounts = itemised.flatMap(({ lines, promotionId, code, offer }) =>
    lines.map(({ sku, amount }) => ({
      sku,
      promotionId,
      title: offer.promotion.title,
      code,
      amount: money(currency, amount),
    })),
  );
  const shippingDiscounts = itemised
    .filter(({ shipping }) => shipping > 0n)
    .map(({ shipping, promotionId, code, offer }) => ({
      promotionId,
      title: offer.promotion.title,
      code,
      amount: money(currency, shipping),
    }));
  const total = (each: readonly { amount: { amount: bigint } }[]) =>
    currency === "" ? undefined : money(currency, sum(each.map(({ amount }) => amount.amount)));
  return create(EvaluationSchema, {
    lineDiscounts,
    shippingDiscounts,
    itemDiscount: total(lineDiscounts),
    shippingDiscount: total(shippingDiscounts),
    applied: discounts.map(appliedOf),
    refusedCodes: [...refusedCodes],
  });
}

function appliedOf({ offer }: Discount): AppliedPromotion {
  return create(AppliedPromotionSchema, {
    promotionId: offer.promotion.id,
    code: offer.coupon?.code ?? "",
  });
}

function optionalTime(time: Date | null): Promotion["startTime"] {
  return time === null ? undefined : timestampFromDate(time);
}
