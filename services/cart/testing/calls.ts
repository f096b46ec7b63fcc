import { type Client, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import { type Cart, CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { createCartService } from "../service.ts";
import type { CartStore } from "../store.ts";
import { FakeShop } from "./fake-shop.ts";

/** A Cart service over a store, with a shop in memory and a clock that stands still until moved. */
export interface CartUnderTest {
  readonly client: Client<typeof CartService>;
  readonly shop: FakeShop;
  readonly time: { now: number };
  /** Makes a cart; `holder` are the call options of the one who has its token. */
  newCart(
    currencyCode?: string,
  ): Promise<{ cart: Cart; cartId: string; holder: ReturnType<typeof as.guest> }>;
}

export function cartUnderTest(store: CartStore): CartUnderTest {
  const shop = new FakeShop();
  const time = { now: Date.parse("2030-01-01T00:00:00Z") };
  const { services } = createCartService({
    store,
    catalog: shop.catalog,
    inventory: shop.inventory,
    clock: () => new Date(time.now),
    tokenSecret: "a secret of thirty-two characters",
    log: pino({ level: "silent" }),
  });
  const client = createClient(
    CartService,
    createDirectTransport({ services, interceptors: testInterceptors }),
  );
  return {
    client,
    shop,
    time,
    async newCart(currencyCode = "") {
      const cart = await client.createCart({ currencyCode });
      return { cart, cartId: cart.id, holder: as.guest(cart.token) };
    },
  };
}
