import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { type CartDocument, frozen, touched } from "../cart.ts";
import { changeCart } from "../change.ts";
import { findPrices, type Offers } from "../offers.ts";
import { priceGoods, priceOf } from "../pricing.ts";
import { fail } from "../reasons.ts";
import type { CartDeps } from "../service.ts";

/**
 * Freezes the cart for an order and prices it now, also when it is frozen already: its lines cannot
 * have changed, prices may have. Stock is not asked for (Reserve decides on it), so `available` is 0
 * in the answer; nor are promotions and taxes, which Order asks for once it knows the shipping price. An ordered cart is returned as such, with its order's id, whatever became of its lines.
 */
export function freezeCart(deps: CartDeps): MethodImpl<typeof CartService.method.freezeCart> {
  return async ({ cartId, orderId, owner }, ctx) =>
    changeCart(deps, ctx, cartId, async (cart, now) => {
      if (owner !== "" && owner !== cart.owner) throw fail("NOT_OWNER", { cart_id: cart.id });
      if (cart.lines.length === 0 && cart.order?.state !== "ordered") {
        throw fail("CART_EMPTY", { cart_id: cart.id });
      }
      const offers = await findPrices(deps, cart, outgoing(ctx));
      const next = touched(cart, frozen(cart, orderId, now), now);
      if (next !== cart) {
        requireSellable(cart, offers);
      }
      return {
        next,
        answer: { cart: priceGoods(next, offers), owner: cart.owner, packages: packagesOf(cart, offers) },
      };
    });
}

function requireSellable({ lines, currencyCode }: CartDocument, { variants }: Offers): void {
  for (const { sku } of lines) {
    if (priceOf(variants.get(sku), currencyCode) === undefined) {
      throw fail("CART_LINE_INVALID", { sku, currency_code: currencyCode });
    }
  }
}

/** One per line of which the catalog knows its size and weight, or what customs ask. */
function packagesOf({ lines }: CartDocument, { variants }: Offers) {
  return lines.flatMap(({ sku }) => {
    const { package: size, originCountryCode = "", tariffNumber = "" } = variants.get(sku)?.variant ?? {};
    if (size === undefined && originCountryCode === "" && tariffNumber === "") {
      return [];
    }
    const { lengthMm = 0, widthMm = 0, heightMm = 0, weightG = 0 } = size ?? {};
    return [{ sku, lengthMm, widthMm, heightMm, weightG, originCountryCode, tariffNumber }];
  });
}
