import type { Promotion } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { createRemembered, type Remembered } from "../../lib/remembered.ts";
import { toPromotion } from "./convert.ts";
import { findAutomaticPromotions } from "./store-promotion.ts";

/** The promotions that apply by themselves and are neither paused nor over; some may start later. */
export type AutomaticPromotions = Remembered<readonly Promotion[]>;

/**
 * Remembers the automatic promotions for a second, since every reading of every cart asks for them. What another
 * process changes, and how often they are redeemed, is seen up to a second late: periods are exact all the same, and
 * Redeem decides on the tables.
 */
export function createAutomaticPromotions({ db, clock }: { db: Db; clock: Clock }): AutomaticPromotions {
  return createRemembered({
    freshMs: 1_000,
    clock,
    read: async (now) => (await findAutomaticPromotions(db, now)).map(toPromotion),
  });
}
