import { create } from "@bufbuild/protobuf";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { Product } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { Cart as LegacyCart } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { CartSchema } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";

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
