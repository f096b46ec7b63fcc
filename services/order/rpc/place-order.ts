import { setTimeout as delay } from "node:timers/promises";
import { fromBinary } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import {
  type Order,
  OrderSchema,
  type OrderService,
  type PlaceOrderRequest,
  PlaceOrderRequestSchema,
} from "../../../gen/rowlock/order/v1/order_pb.js";
import { createBatcher } from "../../../lib/batch.ts";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { requireOwner } from "../../../lib/rpc/index.ts";
import { checkOut } from "../checkout.ts";
import { completeCart } from "../complete-cart.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { type Claim, claimCheckouts, insertOrders, type NewOrder } from "../store-checkout.ts";
import { findPlaced, type Placed } from "../store-order.ts";

/** Longer than any call may take, so that a live one never loses its checkout to another. */
const leaseMs = 60_000;
/** How often, and for how long, a call looks whether the one before it is done. */
const pollMs = 50;
const waitMs = 10_000;
/** Most orders that share a statement. */
const maxBatch = 64;

/**
 * Makes an order of a cart. Of several calls for one cart, one has the
 * checkout; the others wait for its order and answer with it, or go on where
 * it died. Orders that are claimed or written at the same moment share a
 * statement and its commit.
 */
export function placeOrder(deps: OrderDeps): MethodImpl<typeof OrderService.method.placeOrder> {
  const { db, clock } = deps;
  const claim = createBatcher<Claim, string | undefined>({
    maxItems: maxBatch,
    run: (claims) => {
      const now = clock();
      return claimCheckouts(db, { claims, now, leaseUntil: new Date(now.getTime() + leaseMs) });
    },
  });
  const write = createBatcher<NewOrder, boolean>({
    maxItems: maxBatch,
    run: (orders) => insertOrders(db, orders),
  });
  return async (request, ctx) => {
    const { cartId } = request;
    for (const giveUp = clock().getTime() + waitMs; ; ) {
      const fresh = newId("ord");
      const orderId = await claim({ cartId, orderId: fresh }, { signal: ctx.signal });
      if (orderId !== undefined) {
        return checkOut(deps, { request, ctx, orderId, resumed: orderId !== fresh, write });
      }
      const placed = await findPlaced(db, cartId);
      if (placed !== undefined) {
        // The call that made the order may have died before the cart knew of it.
        requireOwner(ctx, await completeCart(deps, { ...placed, cartId }));
        return answerAgain(placed, request);
      }
      if (ctx.signal.aborted || clock().getTime() > giveUp)
        throw fail("CHECKOUT_IN_PROGRESS", { cart_id: cartId });
      await delay(pollMs, undefined, { signal: ctx.signal }).catch(() => undefined);
    }
  };
}

/** The first answer, for the same request; an error for another one. */
function answerAgain(placed: Placed, request: PlaceOrderRequest): Order {
  const { requestId, cartId } = request;
  if (requestId === "" || requestId !== placed.requestId) {
    throw fail("CART_ALREADY_ORDERED", { cart_id: cartId, order_id: placed.id });
  }
  const fingerprint = fingerprintOf(PlaceOrderRequestSchema, request);
  if (Buffer.compare(fingerprint, placed.requestFingerprint) !== 0) {
    throw fail("REQUEST_ID_REUSED", { request_id: requestId });
  }
  return fromBinary(OrderSchema, placed.placeResponse);
}
