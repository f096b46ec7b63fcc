import { type Client, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { type Cart, CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { newId } from "../../../lib/ids/ids.ts";
import { asPrincipal, createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { type CartDeps, createCartService } from "../service.ts";
import type { CartStore } from "../store.ts";
import { FakeShop } from "./fake-shop.ts";
import { type OpenStore, stores } from "./stores.ts";

/** A Cart service over a store, with a shop in memory and a clock that stands still until moved. */
export interface CartUnderTest {
  readonly deps: CartDeps;
  readonly client: Client<typeof CartService>;
  readonly shop: FakeShop;
  readonly time: { now: number };
  /** Makes a cart; `holder` are the call options of the one who has its token. */
  readonly newCart: (
    currencyCode?: string,
  ) => Promise<{ cart: Cart; cartId: string; holder: ReturnType<typeof as.guest> }>;
}

export const contact = { email: "ada@example.com", phone: "+14155550123" };

export const shippingAddress = {
  name: "Ada Lovelace",
  line1: "12 St James's Square",
  line2: "",
  city: "San Francisco",
  state: "CA",
  postalCode: "94107",
  countryCode: "US",
};

/** A new customer: the account's id, and calls in its name. */
export function signedIn() {
  const id = newId("cus");
  return { id, caller: asPrincipal({ kind: "customer", id }) };
}

/** A service whose shop sells A (USD, EUR), B (USD) and C (EUR), ten units of each. */
export function cartUnderTest(store: CartStore): CartUnderTest {
  const shop = new FakeShop();
  shop.sell("A", { USD: 1000n, EUR: 900n }, 10n);
  shop.sell("B", { USD: 250n }, 10n);
  shop.sell("C", { EUR: 1n }, 10n);
  const time = { now: Date.parse("2030-01-01T00:00:00Z") };
  const deps: CartDeps = {
    store,
    catalog: shop.catalog,
    inventory: shop.inventory,
    promotions: shop.promotions,
    taxes: shop.taxes,
    clock: () => new Date(time.now),
    tokenSecret: "a secret of thirty-two characters",
    log: pino({ level: "silent" }),
  };
  const { services } = createCartService(deps);
  const client = createClient(
    CartService,
    createDirectTransport({ services, interceptors: testInterceptors }),
  );
  return {
    deps,
    client,
    shop,
    time,
    async newCart(currencyCode = "") {
      const cart = await client.createCart({ currencyCode });
      return { cart, cartId: cart.id, holder: as.guest(cart.token) };
    },
  };
}

/** Runs a suite over each store; `under` is made anew for each test. */
export function describeCarts(name: string, suite: (under: CartUnderTest) => void): void {
  for (const store of stores) {
    describe.skipIf(!store.installed)(`${name}, in ${store.name}`, () => {
      let opened: OpenStore;
      const under = {} as CartUnderTest;
      beforeAll(async () => {
        opened = await store.open();
      });
      beforeEach(() => {
        Object.assign(under, cartUnderTest(opened.store));
      });
      afterAll(() => opened?.[Symbol.asyncDispose]());
      suite(under);
    });
  }
}

/** A cart's lines as `quantity SKU`. */
export function skusOf({ lines }: Pick<Cart, "lines">): string[] {
  return lines.map(({ sku, quantity }) => `${quantity} ${sku}`);
}
