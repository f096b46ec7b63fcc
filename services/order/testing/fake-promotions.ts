import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import {
  EvaluationSchema,
  ListRedemptionsResponseSchema,
  type Redemption,
  RedemptionSchema,
} from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { money } from "../../../lib/money/money.ts";
import type { OrderDeps } from "../service.ts";
import { refuse, type Wire } from "./wire.ts";

/** A promotion as the fake keeps it: some per cent off each line, and shipping for nothing. */
export interface FakePromotion {
  /** Empty for one that applies by itself. */
  code: string;
  percent: number;
  freeShipping?: boolean;
  /** Orders that may use it. */
  limit?: number;
}

/** Promotions in memory, counted as Promotion does it. Their ids are `prm_` and the code. */
export class FakePromotions {
  /** What there is; a test adds to it. */
  readonly offers: FakePromotion[] = [];
  readonly redemptions = new Map<string, Redemption>();
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  readonly client: OrderDeps["promotions"] = {
    evaluate: ({ orderId = "", lines = [], codes = [], shippingPrice }) =>
      this.#wire.serve("promotions.evaluate", orderId, () => {
        const open = this.offers.filter(
          (offer) => (offer.code === "" || codes.includes(offer.code)) && this.#isLeft(offer, orderId),
        );
        const named = ({ code }: FakePromotion) => ({
          promotionId: `prm_${code}`,
          title: `Off ${code}`,
          code,
        });
        const used = new Set<string>();
        const lineDiscounts = lines.flatMap(({ sku = "", quantity = 0n, unitPrice }) => {
          let left = quantity * (unitPrice?.amount ?? 0n);
          return open.flatMap((offer) => {
            const amount = (left * BigInt(offer.percent)) / 100n;
            if (amount === 0n) return [];
            left -= amount;
            used.add(offer.code);
            return [{ sku, ...named(offer), amount: money("USD", amount) }];
          });
        });
        const free = open.find(({ freeShipping }) => freeShipping === true);
        if (free !== undefined) used.add(free.code);
        const price = shippingPrice?.amount ?? 0n;
        return create(EvaluationSchema, {
          lineDiscounts,
          shippingDiscounts:
            free === undefined || price === 0n ? [] : [{ ...named(free), amount: money("USD", price) }],
          applied: open.filter(({ code }) => used.has(code)).map(named),
          refusedCodes: codes
            .filter((code) => !used.has(code))
            .map((code) => ({
              code,
              reason: this.offers.some((offer) => offer.code === code) ? "LIMIT_REACHED" : "COUPON_NOT_FOUND",
            })),
        });
      }),
    redeem: ({ orderId = "", promotions = [], customerKey = "" }) =>
      this.#wire.serve("promotions.redeem", orderId, () => {
        const wanted = promotions.map(({ code = "" }) => code);
        const earlier = this.redemptions.get(orderId);
        if (earlier?.releaseTime !== undefined) throw refuse("REDEMPTION_RELEASED", {});
        if (earlier !== undefined) {
          if (String(earlier.promotions.map(({ code }) => code)) !== String(wanted)) {
            throw refuse("REDEMPTION_MISMATCH", {});
          }
          return earlier;
        }
        for (const code of wanted) {
          const offer = this.offers.find((each) => each.code === code);
          const promotion_id = `prm_${code}`;
          if (offer === undefined) throw refuse("PROMOTION_NOT_ACTIVE", { promotion_id, code, why: "GONE" });
          if (!this.#isLeft(offer, orderId)) throw refuse("LIMIT_REACHED", { promotion_id, code });
        }
        const uses = promotions.map(({ promotionId = "", code = "" }) => ({ promotionId, code }));
        return this.#keep({ orderId, promotions: uses, customerKey, redeemTime: timestampNow() });
      }),
    releaseRedemption: ({ orderId = "" }) =>
      this.#wire.serve("promotions.release", orderId, () => {
        const earlier = this.redemptions.get(orderId);
        if (earlier?.releaseTime !== undefined) return earlier;
        const given = { promotions: earlier?.promotions ?? [], redeemTime: earlier?.redeemTime };
        return this.#keep({ orderId, ...given, releaseTime: timestampNow() });
      }),
    listRedemptions: ({ orderId = "" }) =>
      this.#wire.serve("promotions.list", orderId, () => {
        const found = this.redemptions.get(orderId);
        return create(ListRedemptionsResponseSchema, { redemptions: found === undefined ? [] : [found] });
      }),
  };

  /** How many orders use a code now. */
  used(code: string): number {
    return [...this.redemptions.values()].filter((each) => counts(each, code)).length;
  }

  #isLeft({ code, limit }: FakePromotion, orderId: string): boolean {
    const own = this.redemptions.get(orderId);
    const others = this.used(code) - (own !== undefined && counts(own, code) ? 1 : 0);
    return limit === undefined || others < limit;
  }

  #keep(fields: MessageInitShape<typeof RedemptionSchema>): Redemption {
    const redemption = create(RedemptionSchema, fields);
    this.redemptions.set(redemption.orderId, redemption);
    return redemption;
  }
}

function counts({ promotions, releaseTime }: Redemption, code: string): boolean {
  return releaseTime === undefined && promotions.some((use) => use.code === code);
}
