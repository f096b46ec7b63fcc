import { toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { CallOptions, HandlerContext } from "@connectrpc/connect";
import { Cart_State } from "../../gen/rowlock/cart/v1/cart_pb.js";
import {
  type Order as OrderMessage,
  OrderSchema,
  type PlaceOrderRequest,
  PlaceOrderRequestSchema,
} from "../../gen/rowlock/order/v1/order_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { fingerprintOf } from "../../lib/idempotency/idempotency.ts";
import { callerOf, outgoing } from "../../lib/rpc/index.ts";
import { toOrderMessage } from "./convert.ts";
import { type Draft, draftOrder, shippingMethodsOf } from "./draft.ts";
import { type Order, shipmentIdOf } from "./order.ts";
import { fail } from "./reasons.ts";
import type { OrderDeps } from "./service.ts";
import { dropCheckout, insertOrder } from "./store-order.ts";

/** One call that has the right to make the order of a cart. */
export interface Checkout {
  request: PlaceOrderRequest;
  ctx: HandlerContext;
  orderId: string;
}

/**
 * Makes the order: freezes the cart, holds the goods, asks for rates, writes
 * the order. Every step may be repeated by a later call when this one dies;
 * when one fails, what was done is undone and the cart is open again.
 */
export async function checkOut(deps: OrderDeps, checkout: Checkout): Promise<OrderMessage> {
  const { request, ctx, orderId } = checkout;
  const call = outgoing(ctx);
  try {
    const order = await prepare(deps, checkout, call);
    const message = toOrderMessage(order);
    const written = await insertOrder(deps.db, {
      order,
      requestId: request.requestId,
      requestFingerprint: fingerprintOf(PlaceOrderRequestSchema, request),
      placeResponse: toBinary(OrderSchema, message),
    });
    if (!written) throw fail("CHECKOUT_IN_PROGRESS", { cart_id: request.cartId });
    await completeCart(deps, order);
    return message;
  } catch (err) {
    await undo(deps, { cartId: request.cartId, orderId });
    throw err;
  }
}

async function prepare(deps: OrderDeps, checkout: Checkout, call: CallOptions): Promise<Order> {
  const { request, ctx, orderId } = checkout;
  const { cartId } = request;
  const caller = callerOf(ctx);
  const owner = caller.kind === "guest" ? caller.id : "";
  const frozen = await deps.carts.freezeCart({ cartId, orderId, owner }, call);
  if (frozen.cart?.state === Cart_State.ORDERED) {
    throw fail("CART_ALREADY_ORDERED", { cart_id: cartId, order_id: frozen.cart.orderId });
  }
  const draft = draftOrder(frozen, request);
  const now = deps.clock();
  const holdExpireTime = new Date(now.getTime() + deps.holds.unpaidMs);
  await hold(deps, { cartId, orderId, draft }, call);
  const shipment = await deps.shipping.createShipment(
    {
      shipmentId: shipmentIdOf(orderId),
      orderId,
      address: draft.shippingAddress,
      contact: draft.contact,
      parcel: draft.parcel,
      currencyCode: draft.currencyCode,
    },
    call,
  );
  const shippingMethods = shippingMethodsOf(shipment);
  if (shippingMethods.length === 0) throw fail("SHIPPING_UNAVAILABLE", { currency_code: draft.currencyCode });
  return {
    id: orderId,
    cartId,
    owner: draft.owner,
    state: "PENDING_PAYMENT",
    currencyCode: draft.currencyCode,
    lines: draft.lines,
    contact: draft.contact,
    shippingAddress: draft.shippingAddress,
    shipmentId: shipment.id,
    shippingMethods,
    shippingMethodId: "",
    itemTotal: draft.itemTotal,
    shippingTotal: 0n,
    reservationId: orderId,
    holdExpireTime,
    paymentId: null,
    paymentState: null,
    payment: null,
    fulfilling: false,
    fulfillment: null,
    cancelReason: "",
    createTime: now,
    updateTime: now,
  };
}

async function hold(
  { inventory, holds }: OrderDeps,
  { cartId, orderId, draft }: { cartId: string; orderId: string; draft: Draft },
  call: CallOptions,
): Promise<void> {
  try {
    await inventory.reserve(
      {
        reservationId: orderId,
        lines: draft.lines.map((line) => ({ sku: line.sku, quantity: BigInt(line.quantity) })),
        ttl: durationFromMs(holds.unpaidMs),
      },
      call,
    );
  } catch (err) {
    const reason = reasonOf(err);
    if (reason !== "RESERVATION_MISMATCH" && reason !== "RESERVATION_CLOSED") throw err;
    // A call that died held other goods under this id; the next one gets a new id.
    throw fail("CHECKOUT_IN_PROGRESS", { cart_id: cartId }, { cause: err });
  }
}

/** The order exists: a cart that does not learn of it now is refused by the order's own key later. */
async function completeCart({ carts, log }: OrderDeps, order: Order): Promise<void> {
  try {
    await carts.completeCart({ cartId: order.cartId, orderId: order.id });
  } catch (err) {
    log.warn({ err, order_id: order.id }, "cart not marked as ordered");
  }
}

/**
 * Gives back what a failed checkout took, without the caller's deadline, which
 * may be the reason it failed. What cannot be undone now ends by itself: the
 * hold, the freeze and the lease all expire.
 */
async function undo(
  { db, inventory, carts, log }: OrderDeps,
  { cartId, orderId }: { cartId: string; orderId: string },
): Promise<void> {
  try {
    // Without a checkout to drop, the order was written after all: it keeps its goods.
    if (!(await dropCheckout(db, { cartId, orderId }))) return;
    await inventory.release({ reservationId: orderId }).catch(unlessReason("RESERVATION_NOT_FOUND"));
    await carts.thawCart({ cartId, orderId }).catch(unlessReason("CART_NOT_FOUND"));
  } catch (err) {
    log.warn({ err, order_id: orderId }, "checkout not undone; its hold will expire");
  }
}

function unlessReason(reason: string): (err: unknown) => void {
  return (err) => {
    if (reasonOf(err) !== reason) throw err;
  };
}
