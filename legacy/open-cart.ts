import type { HandlerContext } from "@connectrpc/connect";
import type { Cart } from "../gen/rowlock/cart/v1/cart_pb.js";
import { sha256Hex } from "../lib/ids/ids.ts";
import { outgoing } from "../lib/rpc/index.ts";
import { findOpenCart } from "./cart.ts";
import type { FacadeDeps } from "./facade.ts";
import { type Guest, inNameOf } from "./guest.ts";
import { findLatestOrder } from "./order.ts";

/** Whose cart it is: a guest of the facade, or an account. */
export type Buyer = Guest | { readonly kind: "customer"; readonly id: string };

/**
 * The buyer's open cart; a new one when there is none, a guest's in the facade's channel. Its key is made of what the
 * buyer ordered last, so that several first calls at once make one cart.
 */
export async function openCart(
  deps: Pick<FacadeDeps, "carts" | "orders" | "channel" | "currencyCode">,
  ctx: HandlerContext,
  buyer: Buyer,
): Promise<Cart> {
  const open = await findOpenCart(deps, ctx, buyer);
  if (open !== undefined) return open;
  const { carts, channel, currencyCode } = deps;
  const create = (requestId: string): Promise<Cart> =>
    buyer.kind === "guest"
      ? carts.createCart({ currencyCode, requestId, channel, guestId: buyer.id }, outgoing(ctx))
      : carts.createCart({ currencyCode, requestId }, inNameOf(ctx, buyer));
  const ordered = (await findLatestOrder(deps, ctx, buyer))?.cartId ?? "";
  await create(sha256Hex(JSON.stringify([channel, currencyCode, buyer.id, ordered])));
  // The cart of this key may have gone to an account since.
  return (await findOpenCart(deps, ctx, buyer)) ?? create("");
}
