import { create } from "@bufbuild/protobuf";
import type { CallOptions, Client } from "@connectrpc/connect";
import type { Cart, CartCoupon, CartLine } from "../../gen/rowlock/cart/v1/cart_pb.js";
import {
  type Evaluation,
  EvaluationSchema,
  type PromotionService,
} from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { DiscountSchema } from "../../gen/rowlock/type/v1/price_pb.js";
import { sum } from "../../lib/money/arithmetic.ts";
import { money } from "../../lib/money/money.ts";
import { answered } from "./answered.ts";
import type { CartDocument } from "./cart.ts";
import { countingLines } from "./pricing.ts";

/** Promotion, narrowed to what pricing a cart needs. */
export type Promotions = Pick<Client<typeof PromotionService>, "evaluate">;

/** What promotions take off the goods of a cart: one call; none for a cart without goods and codes. */
export async function findDiscounts(
  { promotions }: { readonly promotions: Promotions },
  { cart, goods }: { cart: CartDocument; goods: Cart },
  options: CallOptions,
): Promise<Evaluation> {
  const { coupons: codes = [] } = cart;
  const lines = countingLines(goods).map(({ sku, productId, categoryIds, quantity, unitPrice }) => ({
    sku,
    productId,
    categoryIds,
    quantity,
    unitPrice,
  }));
  if (lines.length === 0 && codes.length === 0) {
    return create(EvaluationSchema);
  }
  // What its own order has redeemed of the limits is not lost to the cart.
  const request = { lines, codes: [...codes], customerKey: customerKey(cart), orderId: cart.order?.id ?? "" };
  return answered("Promotion", promotions.evaluate(request, options));
}

/** As whom Promotion counts the buyer: the account, or else the e-mail address, when it is known. */
function customerKey({ owner, contact }: CartDocument): string {
  const isGuest = /^[0-9a-f]{64}$/.test(owner);
  return isGuest ? (contact?.email ?? "") : owner;
}

/** The priced goods with what promotions take off them. */
export function withDiscounts(goods: Cart, evaluation: Evaluation): Cart {
  const { currencyCode } = goods;
  const bySku = Map.groupBy(evaluation.lineDiscounts, ({ sku }) => sku);
  const lines = goods.lines.map((line): CartLine => {
    const discounts = (bySku.get(line.sku) ?? []).map(({ promotionId, title, code, amount }) =>
      create(DiscountSchema, { promotionId, title, code, amount }),
    );
    const left = (line.total?.amount ?? 0n) - sum(discounts.map(({ amount }) => amount?.amount ?? 0n));
    return { ...line, discounts, discountedTotal: money(currencyCode, left) };
  });
  const taken = evaluation.lineDiscounts.map(({ amount }) => amount?.amount ?? 0n);
  return {
    ...goods,
    lines,
    coupons: goods.coupons.map((coupon) => asEvaluated(coupon, evaluation)),
    itemDiscount: money(currencyCode, sum(taken)),
    // While no shipping price is known, what applies without taking anything off a line makes shipping free.
    freeShipping: evaluation.applied.some(({ promotionId }) =>
      evaluation.lineDiscounts.every((discount) => discount.promotionId !== promotionId),
    ),
  };
}

function asEvaluated(coupon: CartCoupon, { applied, refusedCodes }: Evaluation): CartCoupon {
  return {
    ...coupon,
    applied: applied.some(({ code }) => code === coupon.code),
    reason: refusedCodes.find(({ code }) => code === coupon.code)?.reason ?? "",
  };
}
