import type { Promotion } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { toPromotion } from "./convert.ts";
import { findAutomaticPromotions } from "./store-promotion.ts";

/** How old the list may be, in milliseconds. */
export const freshMs = 1_000;

/** The promotions that apply by themselves, as a process remembers them. */
export interface AutomaticPromotions {
  /** Those that are neither paused nor over, and may start later; at most a second old. */
  list(): Promise<readonly Promotion[]>;
  /** Has the next call read them again: they have changed. */
  forget(): void;
}

/**
 * Remembers the automatic promotions for a second, since every reading of every cart asks for them; calls at once
 * share one statement. What another process changes, and how often they are redeemed, is seen up to a second late:
 * periods are exact all the same, and Redeem decides on the tables.
 */
export function createAutomaticPromotions({ db, clock }: { db: Db; clock: Clock }): AutomaticPromotions {
  let known: { at: number; promotions: Promise<readonly Promotion[]> } | undefined;

  async function read(now: Date): Promise<readonly Promotion[]> {
    return (await findAutomaticPromotions(db, now)).map(toPromotion);
  }

  return {
    list() {
      const now = clock();
      const age = known === undefined ? freshMs : Math.abs(now.getTime() - known.at);
      if (known !== undefined && age < freshMs) return known.promotions;
      const reading = { at: now.getTime(), promotions: read(now) };
      known = reading;
      reading.promotions.catch(() => {
        if (known === reading) known = undefined;
      });
      return reading.promotions;
    },
    forget() {
      known = undefined;
    },
  };
}
