import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { PromotionSchema, PromotionService } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { type AutomaticPromotions, createAutomaticPromotions } from "./automatic-promotions.ts";
import { createCoupons } from "./rpc/create-coupons.ts";
import { createPromotion } from "./rpc/create-promotion.ts";
import { disableCoupon } from "./rpc/disable-coupon.ts";
import { evaluate } from "./rpc/evaluate.ts";
import { getPromotion } from "./rpc/get-promotion.ts";
import { listCoupons } from "./rpc/list-coupons.ts";
import { listPromotions } from "./rpc/list-promotions.ts";
import { listRedemptions } from "./rpc/list-redemptions.ts";
import { redeem } from "./rpc/redeem.ts";
import { releaseRedemption } from "./rpc/release-redemption.ts";
import { updatePromotion } from "./rpc/update-promotion.ts";

/** What Promotion stands on. */
export interface PromotionDeps {
  db: Db;
  clock: Clock;
  log: Log;
}

/** What its handlers share. */
export interface PromotionParts extends PromotionDeps {
  automatic: AutomaticPromotions;
}

/** Composes the Promotion service. */
export function createPromotionService(deps: PromotionDeps): ServiceModule {
  const validator = createValidator();
  // The first validation of a type compiles its rules, which takes tens of milliseconds.
  validator.validate(PromotionSchema, create(PromotionSchema));
  const parts: PromotionParts = { ...deps, automatic: createAutomaticPromotions(deps) };
  return {
    services: [
      defineService(PromotionService, {
        createPromotion: createPromotion(parts),
        getPromotion: getPromotion(parts),
        listPromotions: listPromotions(parts),
        updatePromotion: updatePromotion({ ...parts, validator }),
        createCoupons: createCoupons(parts),
        listCoupons: listCoupons(parts),
        disableCoupon: disableCoupon(parts),
        evaluate: evaluate(parts),
        redeem: redeem(parts),
        releaseRedemption: releaseRedemption(parts),
        listRedemptions: listRedemptions(parts),
      }),
    ],
  };
}
