import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import {
  Cart_State,
  CompleteCartResponseSchema,
  FreezeCartResponseSchema,
  Notice_Kind,
  ThawCartResponseSchema,
} from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { money } from "../../../lib/money/money.ts";
import type { Address, Contact } from "../order.ts";
import type { OrderDeps } from "../service.ts";
import { refuse, type Wire } from "./wire.ts";

/** A cart as the fake keeps it. */
export interface FakeCart {
  owner: string;
  state: "OPEN" | "FROZEN" | "ORDERED";
  orderId: string;
  /** Units and price in US cents, by SKU; whether the price is another than the buyer saw. */
  lines: Record<string, { quantity: number; cents: number; category?: string; repriced?: boolean }>;
  contact?: Contact;
  shippingAddress?: Address;
  channel?: string;
  metadata?: Record<string, string>;
  coupons?: string[];
}

/** Carts in memory, frozen and thawed as Cart does it. */
export class FakeCarts {
  readonly carts = new Map<string, FakeCart>();
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  readonly client: OrderDeps["carts"] = {
    freezeCart: ({ cartId = "", orderId = "", owner = "" }) =>
      this.#wire.serve("carts.freeze", cartId, () => {
        const cart = this.#get(cartId);
        if (owner !== "" && owner !== cart.owner) throw refuse("NOT_OWNER", {});
        if (Object.keys(cart.lines).length === 0) throw refuse("CART_EMPTY", {});
        if (cart.state === "OPEN") Object.assign(cart, { state: "FROZEN", orderId });
        return this.#frozen(cartId, cart);
      }),
    getCart: ({ cartId = "" }) =>
      this.#wire.serve("carts.get", cartId, () => {
        const { cart } = this.#frozen(cartId, this.#get(cartId));
        if (cart === undefined) throw new Error("no cart");
        return Object.assign(cart, { createTime: timestampNow(), updateTime: timestampNow() });
      }),
    thawCart: ({ cartId = "", orderId = "" }) =>
      this.#wire.serve("carts.thaw", cartId, () => {
        const cart = this.#get(cartId);
        if (cart.state === "FROZEN" && cart.orderId === orderId) {
          Object.assign(cart, { state: "OPEN", orderId: "" });
        }
        return create(ThawCartResponseSchema);
      }),
    completeCart: ({ cartId = "", orderId = "" }) =>
      this.#wire.serve("carts.complete", cartId, () => {
        const cart = Object.assign(this.#get(cartId), { state: "ORDERED", orderId });
        return create(CompleteCartResponseSchema, { owner: cart.owner });
      }),
  };

  #get(cartId: string): FakeCart {
    const cart = this.carts.get(cartId);
    if (cart === undefined) throw refuse("CART_NOT_FOUND", {});
    return cart;
  }

  #frozen(
    id: string,
    { owner, state, orderId, lines, channel = "", metadata = {}, coupons = [], ...delivery }: FakeCart,
  ) {
    const entries = Object.entries(lines);
    const sum = entries.reduce((total, [, { quantity, cents }]) => total + quantity * cents, 0);
    return create(FreezeCartResponseSchema, {
      cart: {
        id,
        state: Cart_State[state],
        orderId,
        currencyCode: "USD",
        lines: entries.map(([sku, { quantity, cents, category, repriced }]) => ({
          sku,
          productId: `prod_${sku}`,
          title: `Title of ${sku}`,
          ...(category !== undefined && { taxCategory: category, categoryIds: [`cat_${category}`] }),
          quantity: BigInt(quantity),
          unitPrice: money("USD", BigInt(cents)),
          total: money("USD", BigInt(quantity * cents)),
          notices: repriced === true ? [{ kind: Notice_Kind.PRICE_CHANGED }] : [],
        })),
        itemTotal: money("USD", BigInt(sum)),
        channel,
        metadata,
        coupons: coupons.map((code) => ({ code })),
        ...(delivery.contact && { contact: delivery.contact }),
        ...(delivery.shippingAddress && { shippingAddress: delivery.shippingAddress }),
      },
      owner,
      packages: entries.map(([sku]) => ({ sku, lengthMm: 100, widthMm: 80, heightMm: 20, weightG: 300 })),
    });
  }
}
