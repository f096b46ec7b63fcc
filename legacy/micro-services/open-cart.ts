import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { Product } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { Cart as LegacyCart } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { CartSchema } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { outgoing } from "../../lib/rpc/index.ts";
import { findOpenCart } from "../cart.ts";
import type { FacadeDeps } from "../facade.ts";
import type { Guest } from "../guest.ts";
import { findLatestOrder } from "../order.ts";
import { requestKey } from "./request-key.ts";

/**
 * A guest's open cart; a new one when there is none. Its key is made of what the guest ordered last, so that several
 * first changes at once make one cart.
 */
export async function requireCart(deps: FacadeDeps, ctx: HandlerContext, guest: Guest): Promise<Cart> {
  const open = await findOpenCart(deps, ctx, guest);
  if (open !== undefined) return open;
  const { channel, currencyCode, carts } = deps;
  const ordered = (await findLatestOrder(deps, ctx, guest))?.cartId ?? "";
  const requestId = requestKey("cart", guest.id, ordered);
  return carts.createCart({ channel, currencyCode, guestId: guest.id, requestId }, outgoing(ctx));
}

/** A cart as this API shows it: the units that were asked for, which are those that a checkout orders. */
export function toCart(cart: Cart | undefined): LegacyCart {
  const lines = cart?.lines ?? [];
  return create(CartSchema, {
    items: lines.map(({ sku, requestedQuantity }) => ({
      type: "sku",
      parent: sku,
      quality: requestedQuantity,
    })),
  });
}

/** The SKUs of a product that are in a cart. */
export function skusOf({ variants }: Product, cart: Cart): string[] {
  const own = new Set(variants.map(({ sku }) => sku));
  return cart.lines.map(({ sku }) => sku).filter((sku) => own.has(sku));
}
