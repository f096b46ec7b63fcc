import type { MethodImpl } from "@connectrpc/connect";
import type { Cart, CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { MoneyError, minorDigits } from "../../../lib/money/money.ts";
import { callerOf, outgoing } from "../../../lib/rpc/index.ts";
import { emptyCart } from "../cart.ts";
import { minCreationKeyLength, newIdentity } from "../identity.ts";
import { priceCart } from "../price-cart.ts";
import { fail } from "../reasons.ts";
import type { CartDeps } from "../service.ts";

const noOffers = { variants: new Map(), available: undefined };

/**
 * Makes an empty cart. A repeated key gets the first answer again, token included: the cart as it was
 * made, not as it is now.
 */
export function createCart(deps: CartDeps): MethodImpl<typeof CartService.method.createCart> {
  const { store, clock, tokenSecret } = deps;
  return async (req, ctx) => {
    const currencyCode = requireCurrency(req.currencyCode || "USD");
    const requestId = requireLongKey(req.requestId);
    const { channel, guestId } = req;
    const identity = newIdentity({ secret: tokenSecret, caller: callerOf(ctx), requestId, guestId });
    const { id, token, owner } = identity;
    const cart = emptyCart({ id, owner, currencyCode, channel, now: clock().getTime() });
    if (await store.insert(cart)) {
      return withToken(await priceCart(deps, { cart, offers: noOffers }, outgoing(ctx)), token);
    }
    const first = await store.read(id);
    if (first === undefined) {
      throw fail("CART_BUSY", { cart_id: id });
    }
    if (first.cart.currencyCode !== currencyCode || (first.cart.channel ?? "") !== channel) {
      throw fail("REQUEST_ID_REUSED", { request_id: requestId });
    }
    const asMade = emptyCart({ id, owner, currencyCode, channel, now: first.cart.createTime });
    return withToken(await priceCart(deps, { cart: asMade, offers: noOffers }, outgoing(ctx)), token);
  };
}

function withToken(cart: Cart, token: string): Cart {
  cart.token = token;
  return cart;
}

function requireCurrency(code: string): string {
  try {
    minorDigits(code);
    return code;
  } catch (err) {
    if (err instanceof MoneyError) {
      throw invalidArgument([{ field: "currency_code", description: err.message }]);
    }
    throw err;
  }
}

function requireLongKey(requestId: string): string {
  if (requestId !== "" && requestId.length < minCreationKeyLength) {
    const description = `must have ${minCreationKeyLength} characters or more, and be hard to guess`;
    throw invalidArgument([{ field: "request_id", description }]);
  }
  return requestId;
}
