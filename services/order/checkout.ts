import { toBinary } from "@bufbuild/protobuf";
import { durationFromMs, timestampDate } from "@bufbuild/protobuf/wkt";
import type { CallOptions, HandlerContext } from "@connectrpc/connect";
import { Cart_State } from "../../gen/rowlock/cart/v1/cart_pb.js";
import {
  type Order as OrderMessage,
  OrderSchema,
  type PlaceOrderRequest,
  PlaceOrderRequestSchema,
} from "../../gen/rowlock/order/v1/order_pb.js";
import type { Shipment } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { fingerprintOf } from "../../lib/idempotency/idempotency.ts";
import { callerOf, outgoing, requireOwner } from "../../lib/rpc/index.ts";
import { completeCart } from "./complete-cart.ts";
import { toOrderMessage } from "./convert.ts";
import { type Draft, draftOrder, shippingMethodsOf } from "./draft.ts";
import { type Order, shipmentIdOf } from "./order.ts";
import { fail } from "./reasons.ts";
import type { OrderDeps } from "./service.ts";
import { dropCheckout, type NewOrder } from "./store-checkout.ts";

/** One call that has the right to make the order of a cart. */
export interface Checkout {
  request: PlaceOrderRequest;
  ctx: HandlerContext;
  orderId: string;
  /** Whether it goes on where an earlier call died. */
  resumed: boolean;
  /** Writes the order, with others of the same moment; false when the right to make it is lost. */
  write: (order: NewOrder) => Promise<boolean>;
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
    const written = await checkout.write({
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
  const { kind, id } = callerOf(ctx);
  // Staff and services may order any cart; nobody else may order another's.
  const owner = kind === "staff" || kind === "service" ? "" : id;
  const frozen = await deps.carts.freezeCart({ cartId, orderId, owner }, call);
  requireOwner(ctx, frozen.owner);
  if (frozen.cart?.state === Cart_State.ORDERED) {
    throw fail("CART_ALREADY_ORDERED", { cart_id: cartId, order_id: frozen.cart.orderId });
  }
  const draft = draftOrder(frozen, request);
  const now = deps.clock();
  const holdExpireTime = await hold(deps, { checkout, draft }, call);
  const shipment = draft.pickUp ? undefined : await ship(deps, { checkout, draft }, call);
  return {
    id: orderId,
    cartId,
    owner: draft.owner,
    channel: draft.channel,
    pickUp: draft.pickUp,
    state: "PENDING_PAYMENT",
    currencyCode: draft.currencyCode,
    lines: draft.lines,
    contact: draft.contact,
    shippingAddress: draft.shippingAddress,
    shipmentId: shipment?.id ?? "",
    shippingMethods: shipment === undefined ? [] : shippingMethodsOf(shipment),
    shippingMethodId: "",
    itemTotal: draft.itemTotal,
    shippingTotal: 0n,
    reservationId: orderId,
    holdExpireTime,
    paymentId: null,
    paymentState: null,
    payment: null,
    lateMoney: null,
    fulfilling: false,
    fulfillment: null,
    cancelReason: "",
    createTime: now,
    updateTime: now,
  };
}

/** Holds the goods; returns until when. */
async function hold(
  { inventory, holds }: OrderDeps,
  { checkout, draft }: { checkout: Checkout; draft: Draft },
  call: CallOptions,
): Promise<Date> {
  const { orderId: reservationId, request, resumed } = checkout;
  const ttl = durationFromMs(holds.unpaidMs);
  const lines = draft.lines.map((line) => ({ sku: line.sku, quantity: BigInt(line.quantity) }));
  try {
    let held = await inventory.reserve({ reservationId, lines, ttl }, call);
    // The hold of the call that died may end soon.
    if (resumed) held = await inventory.extend({ reservationId, ttl }, call);
    if (held.expireTime === undefined)
      throw new Error(`reservation ${reservationId} does not say when it ends`);
    return timestampDate(held.expireTime);
  } catch (err) {
    throw unlessStale(err, request);
  }
}

/** Asks for rates. @throws SHIPPING_UNAVAILABLE when there is none. */
async function ship(
  { shipping }: OrderDeps,
  { checkout, draft }: { checkout: Checkout; draft: Draft },
  call: CallOptions,
): Promise<Shipment> {
  const { orderId, request } = checkout;
  const { shippingAddress: address, contact, parcel, currencyCode } = draft;
  const shipmentId = shipmentIdOf(orderId);
  const delivery = { ...(address && { address }), ...(contact && { contact }) };
  try {
    const shipment = await shipping.createShipment(
      { shipmentId, orderId, ...delivery, parcel, currencyCode },
      call,
    );
    if (shipment.rates.length === 0) throw fail("SHIPPING_UNAVAILABLE", { currency_code: currencyCode });
    return shipment;
  } catch (err) {
    throw unlessStale(err, request);
  }
}

const staleReasons: readonly (string | undefined)[] = [
  "RESERVATION_MISMATCH",
  "RESERVATION_CLOSED",
  "SHIPMENT_MISMATCH",
];

/** What a call that died left under the order's id does not fit this one: the next call gets a new id. */
function unlessStale(err: unknown, { cartId }: PlaceOrderRequest): unknown {
  if (!staleReasons.includes(reasonOf(err))) return err;
  return fail("CHECKOUT_IN_PROGRESS", { cart_id: cartId }, { cause: err });
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
