import type { HandlerContext } from "@connectrpc/connect";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { callerOf, outgoing, type Principal } from "../../lib/rpc/index.ts";
import { findOpenCart } from "../cart.ts";
import type { FacadeDeps } from "../facade.ts";
import { guestOf, inNameOf } from "../guest.ts";

/** Who buys in a session: the customer who has signed in, else the session's guest. */
export function buyerOf(deps: FacadeDeps, ctx: HandlerContext, sid: string): Principal {
  const caller = callerOf(ctx);
  return caller.kind === "customer" ? caller : guestOf(deps, sid);
}

/** Of several first calls at once, each gets the same cart by this key. */
const firstKey = "the first cart of a session";

/** The buyer's open cart; one is made when there is none. */
export async function openCart(deps: FacadeDeps, ctx: HandlerContext, buyer: Principal): Promise<Cart> {
  const found = await findOpenCart(deps, ctx, buyer);
  if (found !== undefined) return found;
  await createCart(deps, ctx, { buyer, requestId: firstKey });
  // The first one may have been ordered, or have gone to an account, since.
  return (await findOpenCart(deps, ctx, buyer)) ?? createCart(deps, ctx, { buyer, requestId: "" });
}

function createCart(
  { carts, channel, currencyCode }: FacadeDeps,
  ctx: HandlerContext,
  { buyer, requestId }: { buyer: Principal; requestId: string },
): Promise<Cart> {
  return buyer.kind === "customer"
    ? carts.createCart({ currencyCode, requestId }, inNameOf(ctx, buyer))
    : carts.createCart({ channel, currencyCode, guestId: buyer.id, requestId }, outgoing(ctx));
}
