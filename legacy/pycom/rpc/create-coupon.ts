import type { MethodImpl } from "@connectrpc/connect";
import type { PycomService } from "../../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { fromAmount } from "../../amount.ts";
import type { FacadeDeps } from "../../facade.ts";
import { resolveSkus } from "../../variant.ts";

/** A promotion of its own with one coupon. Both are known by the coupon's id: the call after one that died goes on. */
export function createCoupon(deps: FacadeDeps): MethodImpl<typeof PycomService.method.createCoupon> {
  const { promotions, currencyCode } = deps;
  /** Of 0, which means none, no amount. */
  const amounts = (field: string, value: number) =>
    value === 0 ? [] : [{ currencyCode, amount: fromAmount(value, { currencyCode, field }) }];
  return async ({ id, name, multiplier = 1, upto, flatoff, products }, ctx) => {
    const requestId = `pycom:coupon:${id.toUpperCase()}`;
    const value = {
      multiplierMillionths: millionths(multiplier),
      upto: amounts("upto", upto),
      flatOff: amounts("flatoff", flatoff),
    };
    const promotion = await promotions.createPromotion(
      {
        promotion: {
          title: name,
          target: { skus: await resolveSkus(deps, ctx, products) },
          action: { case: "priceOverride", value },
        },
        requestId,
      },
      outgoing(ctx),
    );
    await promotions.createCoupons({ promotionId: promotion.id, codes: [id], requestId }, outgoing(ctx));
    return { id, name, multiplier, upto, flatoff, products };
  };
}

function millionths(multiplier: number): number {
  const rounded = Math.round(multiplier * 1e6);
  if (rounded / 1e6 === multiplier) return rounded;
  throw invalidArgument([{ field: "multiplier", description: "must have at most six decimals" }]);
}
