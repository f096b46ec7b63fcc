import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { Cart } from "../gen/rowlock/cart/v1/cart_pb.js";
import { reasonOf } from "../lib/errors/reasons.ts";
import { outgoing, type Principal } from "../lib/rpc/index.ts";
import type { FacadeDeps } from "./facade.ts";
import { inNameOf } from "./guest.ts";

/** The buyer's open cart, priced and checked now; undefined when there is none. */
export async function findOpenCart(
  { carts }: Pick<FacadeDeps, "carts">,
  ctx: HandlerContext,
  buyer: Principal,
): Promise<Cart | undefined> {
  try {
    return await carts.getCurrentCart({}, inNameOf(ctx, buyer));
  } catch (err) {
    if (reasonOf(err) === "CART_NOT_FOUND") return undefined;
    throw err;
  }
}

/** Whether an error says that what was asked for does not exist. */
export function isNotFound(err: unknown): boolean {
  return err instanceof ConnectError && err.code === Code.NotFound;
}

/**
 * Makes the cart hold just these units of these SKUs, and returns it. After an error it may hold some of them: the
 * same call again brings the rest.
 * Errors: those of Cart.SetItem.
 */
export async function setLines(
  { carts }: Pick<FacadeDeps, "carts">,
  ctx: HandlerContext,
  { cart, quantities }: { cart: Cart; quantities: ReadonlyMap<string, bigint> },
): Promise<Cart> {
  let changed = cart;
  for (const { sku } of cart.lines) {
    if (!quantities.has(sku)) changed = await carts.removeItem({ cartId: cart.id, sku }, outgoing(ctx));
  }
  const held = new Map(cart.lines.map((line) => [line.sku, line.requestedQuantity]));
  for (const [sku, quantity] of quantities) {
    if (held.get(sku) !== quantity) {
      changed = await carts.setItem({ cartId: cart.id, sku, quantity }, outgoing(ctx));
    }
  }
  return changed;
}
