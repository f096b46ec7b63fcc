import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { Cart } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import type { PycomService, UpdateCartRequest } from "../../../gen/rowlock/legacy/pycom/v1/pycom_pb.js";
import type { Principal } from "../../../lib/rpc/index.ts";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { inNameOf } from "../../guest.ts";
import { openCart } from "../../open-cart.ts";
import { nameOf, textOf } from "../../text-value.ts";
import { resolveSkus } from "../../variant.ts";
import { toCart } from "../convert.ts";
import { quantityOf } from "../quantity.ts";
import { buyerOf } from "../session.ts";

/** One change of the buyer's cart, in the buyer's own name. */
export function updateCart(deps: FacadeDeps): MethodImpl<typeof PycomService.method.updateCart> {
  return async (request, ctx) => {
    const { sid, pid, v } = request;
    const buyer = buyerOf(deps, ctx, sid);
    const quantity = quantityOf(textOf(v, "v"));
    const product = pid === undefined ? undefined : nameOf(pid, "pid");
    // To take something out of no cart, none is made.
    const cart = await (quantity === 0n ? findOpenCart(deps, ctx, buyer) : openCart(deps, ctx, buyer));
    const changed = cart && (await change(deps, ctx, { request, cart, product, quantity, buyer }));
    return toCart(changed, { sid, currencyCode: deps.currencyCode });
  };
}

/** A product's units, then the coupon; whichever is given. */
async function change(
  deps: FacadeDeps,
  ctx: HandlerContext,
  {
    request: { coupon: code, requestId },
    cart,
    product,
    quantity,
    buyer,
  }: {
    request: UpdateCartRequest;
    cart: Cart;
    product: string | undefined;
    quantity: ReturnType<typeof quantityOf>;
    buyer: Principal;
  },
): Promise<Cart> {
  const { carts } = deps;
  const call = inNameOf(ctx, buyer);
  const cartId = cart.id;
  let changed = cart;
  if (product !== undefined) {
    const [sku = product] = await resolveSkus(deps, ctx, [product]);
    changed = await (quantity === "one more"
      ? carts.addItem({ cartId, sku, quantity: 1n, requestId }, call)
      : carts.setItem({ cartId, sku, quantity, requestId }, call));
  }
  if (code === "") return changed;
  return product === undefined && quantity === 0n
    ? carts.removeCoupon({ cartId, code, requestId }, call)
    : carts.applyCoupon({ cartId, code, requestId }, call);
}
