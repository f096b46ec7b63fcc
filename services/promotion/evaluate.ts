import type { Cart } from "./engine/cart.ts";
import { applyInTurn, type Candidate, combine, type Discount } from "./engine/combine.ts";
import {
  type Misfit,
  misfit,
  type Offer,
  targetOf,
  type Unavailability,
  unavailability,
} from "./engine/offer.ts";

/** Why a code gives nothing, but for codes that do not exist. */
export type Refusal = Unavailability | Misfit | "NOT_COMBINABLE";

/** What a cart gets. */
export interface Outcome {
  /** In the order in which they apply. */
  readonly discounts: readonly Discount[];
  readonly refused: readonly { readonly offer: Offer; readonly reason: Refusal }[];
}

/**
 * What the offers take off a cart at the moment `now`. A promotion applies once: of several offers of the same one
 * the first that can be used counts, so that an automatic promotion is to come before its coupons.
 *
 * Computed as the comment of PromotionService says: exact in minor units, and no line and no shipping price is ever
 * taken below 0. Lines of no units are ignored.
 */
export function evaluateCart({
  cart: given,
  offers,
  now,
}: {
  cart: Cart;
  offers: readonly Offer[];
  now: Date;
}): Outcome {
  const cart = { ...given, lines: given.lines.filter(({ quantity }) => quantity > 0n) };
  const candidates = new Map<string, Candidate>();
  const refused: Outcome["refused"][number][] = [];
  for (const offer of offers) {
    const { promotion } = offer;
    const isTargeted = targetOf(promotion);
    const reason =
      unavailability(offer, now) ??
      misfit(promotion, { targeted: cart.lines.filter(isTargeted), currency: cart.currency }) ??
      (candidates.has(promotion.id) ? "NOT_COMBINABLE" : undefined);
    if (reason === undefined) candidates.set(promotion.id, { offer, isTargeted });
    else refused.push({ offer, reason });
  }
  const discounts = combine([...candidates.values()], cart);
  const applied = new Set(discounts.map(({ offer }) => offer));
  for (const candidate of candidates.values()) {
    if (!applied.has(candidate.offer)) {
      refused.push({ offer: candidate.offer, reason: whyNothing(candidate, cart) });
    }
  }
  return { discounts, refused };
}

/** Why an offer that can be used takes nothing off: because of the others, or by itself. */
function whyNothing(candidate: Candidate, cart: Cart): Refusal {
  return applyInTurn([candidate], cart).length > 0 ? "NOT_COMBINABLE" : "NOTHING_TARGETED";
}
