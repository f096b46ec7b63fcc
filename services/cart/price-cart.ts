import type { CallOptions } from "@connectrpc/connect";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { CartDocument } from "./cart.ts";
import { findDiscounts, withDiscounts } from "./discounts.ts";
import type { Offers } from "./offers.ts";
import { priceGoods } from "./pricing.ts";
import type { CartDeps } from "./service.ts";
import { findTaxes, withTaxes } from "./taxes.ts";

/**
 * The cart as it would be ordered under these offers: its goods, what promotions take off them, and the taxes on
 * what is left.
 * @throws CART_TOTAL_TOO_LARGE
 */
export async function priceCart(
  deps: Pick<CartDeps, "promotions" | "taxes">,
  { cart, offers }: { cart: CartDocument; offers: Offers },
  options: CallOptions,
): Promise<Cart> {
  const goods = priceGoods(cart, offers);
  const discounted = withDiscounts(goods, await findDiscounts(deps, { cart, goods }, options));
  return withTaxes(discounted, await findTaxes(deps, discounted, options));
}
