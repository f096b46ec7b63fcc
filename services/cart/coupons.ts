import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { CartDocument } from "./cart.ts";
import { fail } from "./reasons.ts";

/** Most codes in a cart. */
export const maxCoupons = 10;

/**
 * The cart with a code, as the last one; the same document when it has it already.
 * @throws COUPONS_FULL; COUPON_NOT_FOUND for what cannot be a coupon's code
 */
export function withCoupon(cart: CartDocument, typed: string): CartDocument {
  const code = storedCode(typed);
  const coupons = cart.coupons ?? [];
  if (coupons.includes(code)) {
    return cart;
  }
  if (!/^[A-Z0-9][A-Z0-9_-]{1,63}$/.test(code)) {
    throw fail("COUPON_NOT_FOUND", { code });
  }
  if (coupons.length >= maxCoupons) {
    throw fail("COUPONS_FULL", { cart_id: cart.id, limit: String(maxCoupons) });
  }
  return { ...cart, coupons: [...coupons, code] };
}

/** The cart without a code; the same document when it has none such. */
export function withoutCoupon(cart: CartDocument, typed: string): CartDocument {
  const code = storedCode(typed);
  const { coupons = [], ...rest } = cart;
  if (!coupons.includes(code)) {
    return cart;
  }
  const others = coupons.filter((each) => each !== code);
  return others.length === 0 ? rest : { ...rest, coupons: others };
}

/** @throws COUPON_NOT_FOUND when the priced cart has this code and there is no such coupon */
export function requireCoupon({ coupons }: Cart, typed: string): void {
  const code = storedCode(typed);
  if (coupons.some((coupon) => coupon.code === code && coupon.reason === "COUPON_NOT_FOUND")) {
    throw fail("COUPON_NOT_FOUND", { code });
  }
}

/** A code as Promotion compares it. */
function storedCode(typed: string): string {
  return typed.trim().toUpperCase();
}
