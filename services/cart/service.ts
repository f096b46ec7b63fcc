import type { Client } from "@connectrpc/connect";
import { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { CatalogService } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { Clock } from "../../lib/clock.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import type { Promotions } from "./discounts.ts";
import { addItem } from "./rpc/add-item.ts";
import { adoptCarts } from "./rpc/adopt-carts.ts";
import { applyCoupon } from "./rpc/apply-coupon.ts";
import { clearCart } from "./rpc/clear-cart.ts";
import { completeCart } from "./rpc/complete-cart.ts";
import { createCart } from "./rpc/create-cart.ts";
import { eraseCarts } from "./rpc/erase-carts.ts";
import { freezeCart } from "./rpc/freeze-cart.ts";
import { getCart } from "./rpc/get-cart.ts";
import { getCurrentCart } from "./rpc/get-current-cart.ts";
import { removeCoupon } from "./rpc/remove-coupon.ts";
import { removeItem } from "./rpc/remove-item.ts";
import { setCartMetadata } from "./rpc/set-cart-metadata.ts";
import { setDelivery } from "./rpc/set-delivery.ts";
import { setItem } from "./rpc/set-item.ts";
import { thawCart } from "./rpc/thaw-cart.ts";
import type { CartStore } from "./store.ts";
import type { Taxes } from "./taxes.ts";

/** What the Cart service stands on. */
export interface CartDeps {
  readonly store: CartStore;
  readonly catalog: Pick<Client<typeof CatalogService>, "batchGetVariants">;
  readonly inventory: Pick<Client<typeof InventoryService>, "checkAvailability">;
  readonly promotions: Promotions;
  readonly taxes: Taxes;
  readonly clock: Clock;
  /** From which every cart's token is derived: at least 32 characters, the same on all replicas. Who has it can open every cart. */
  readonly tokenSecret: string;
  readonly log: Log;
}

const minSecretLength = 32;

/**
 * Composes the Cart service.
 * @throws RangeError when the token secret is too short
 */
export function createCartService(deps: CartDeps): ServiceModule {
  if (deps.tokenSecret.length < minSecretLength) {
    throw new RangeError(`the carts' token secret needs ${minSecretLength} characters or more`);
  }
  return {
    services: [
      defineService(CartService, {
        createCart: createCart(deps),
        getCart: getCart(deps),
        getCurrentCart: getCurrentCart(deps),
        addItem: addItem(deps),
        setItem: setItem(deps),
        removeItem: removeItem(deps),
        clearCart: clearCart(deps),
        applyCoupon: applyCoupon(deps),
        removeCoupon: removeCoupon(deps),
        setDelivery: setDelivery(deps),
        freezeCart: freezeCart(deps),
        thawCart: thawCart(deps),
        completeCart: completeCart(deps),
        adoptCarts: adoptCarts(deps),
        eraseCarts: eraseCarts(deps),
        setCartMetadata: setCartMetadata(deps),
      }),
    ],
  };
}
