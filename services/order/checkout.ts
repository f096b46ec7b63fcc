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
import { sum } from "../../lib/money/arithmetic.ts";
import { money } from "../../lib/money/money.ts";
import { callerOf, outgoing, requireOwner } from "../../lib/rpc/index.ts";
import { completeCart } from "./complete-cart.ts";
import { toOrderMessage } from "./convert.ts";
import { type Discounted, redeemDiscounts } from "./discounts.ts";
import { type Draft, draftOrder, shippingMethodsOf } from "./draft.ts";
import { requireExpectedTotal } from "./expected-total.ts";
import { type Order, type OrderLine, shipmentIdOf } from "./order.ts";
import { fail } from "./reasons.ts";
import type { OrderDeps } from "./service.ts";
import { toOrderShipment } from "./shipments.ts";
import { beginRedeeming, type NewOrder } from "./store-checkout.ts";
import { taxLines } from "./taxes.ts";
import { discounted, totalsOf } from "./totals.ts";
import { endCheckout } from "./undo-checkout.ts";

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
 * Makes the order: freezes the cart, holds the goods, asks for discounts and taxes, redeems the promotions,
 * asks for rates, writes the order. Every step may be repeated by a later call when this one dies;
 * when one fails, what was done is undone and the cart is open again.
 */
export async function checkOut(deps: OrderDeps, checkout: Checkout): Promise<OrderMessage> {
  const { request, ctx, orderId } = checkout;
  const call = outgoing(ctx);
  // The call that died may have redeemed something.
  let redeeming = checkout.resumed;
  const beforeRedeeming = async () => {
    redeeming = true;
    const claim = { cartId: request.cartId, orderId };
    if (!(await beginRedeeming(deps.db, claim))) throw lost(request);
  };
  try {
    const order = await prepare(deps, { ...checkout, beforeRedeeming }, call);
    const message = toOrderMessage(order);
    const written = await checkout.write({
      order,
      requestId: request.requestId,
      requestFingerprint: fingerprintOf(PlaceOrderRequestSchema, request),
      placeResponse: toBinary(OrderSchema, message),
    });
    if (!written) throw lost(request);
    await completeCart(deps, order);
    return message;
  } catch (err) {
    await endCheckout(deps, { cartId: request.cartId, orderId, redeeming });
    throw err;
  }
}

/** A checkout that says before it redeems something. */
type Redeeming = Checkout & { beforeRedeeming: () => Promise<void> };

async function prepare(deps: OrderDeps, checkout: Redeeming, call: CallOptions): Promise<Order> {
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
  const { lines, promotions, refusedCodes } = await price(deps, { checkout, draft }, call);
  const shipment = draft.pickUp ? undefined : await ship(deps, { checkout, draft, lines }, call);
  return {
    id: orderId,
    cartId,
    owner: draft.owner,
    channel: draft.channel,
    metadata: draft.metadata,
    pickUp: draft.pickUp,
    state: "PENDING_PAYMENT",
    currencyCode: draft.currencyCode,
    lines,
    contact: draft.contact,
    shippingAddress: draft.shippingAddress,
    shipmentId: shipment?.id ?? "",
    shipments: shipment === undefined ? [] : [toOrderShipment(shipment)],
    shippingMethods: shipment === undefined ? [] : shippingMethodsOf(shipment),
    shippingMethodId: "",
    shippingDiscounts: [],
    shippingTaxes: [],
    promotions,
    refusedCodes,
    refunds: [],
    ...totalsOf({ lines, shipping: { total: 0 } }),
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

/**
 * Prices the goods after discounts and with taxes, and redeems the promotions that take something off them.
 *
 * @throws ORDER_TOTAL_CHANGED before anything is redeemed, PROMOTION_EXHAUSTED.
 */
async function price(
  deps: OrderDeps,
  { checkout, draft }: { checkout: Redeeming; draft: Draft },
  call: CallOptions,
): Promise<Discounted> {
  const { orderId, request, resumed, beforeRedeeming } = checkout;
  const finish = async (discounts: Discounted) => {
    const lines = await taxLines(deps, { ...draft, lines: discounts.lines }, call);
    requireExpectedTotal(request.expectedTotal, { ...draft, ...discounts, lines });
    return { ...discounts, lines };
  };
  const redeeming = { basket: { ...draft, id: orderId }, codes: draft.codes, finish, beforeRedeeming };
  try {
    const priced = await redeemDiscounts(deps, redeeming, call);
    if (resumed && priced.promotions.length === 0) {
      // What the call that died may have redeemed is not for this order any more.
      await beforeRedeeming();
      await deps.promotions.releaseRedemption({ orderId }, call);
    }
    return priced;
  } catch (err) {
    throw unlessStale(err, request);
  }
}

/** Asks for rates of the carriers and the shop itself. @throws SHIPPING_UNAVAILABLE when there is none. */
async function ship(
  { shipping }: OrderDeps,
  { checkout, draft, lines }: { checkout: Checkout; draft: Draft; lines: readonly OrderLine[] },
  call: CallOptions,
): Promise<Shipment> {
  const { orderId, request } = checkout;
  const { shippingAddress: address, contact, currencyCode } = draft;
  const goodsTotal = money(currencyCode, sum(lines.map(discounted)));
  const shipmentId = shipmentIdOf(orderId);
  const items = draft.items.map(({ unitPrice, quantity, ...item }) => ({
    ...item,
    quantity: BigInt(quantity),
    unitPrice: money(currencyCode, BigInt(unitPrice)),
  }));
  const delivery = { ...(address && { address }), ...(contact && { contact }) };
  try {
    const shipment = await shipping.createShipment(
      { shipmentId, orderId, ...delivery, items, currencyCode, goodsTotal },
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
  "REDEMPTION_MISMATCH",
  "REDEMPTION_RELEASED",
];

/** What a call that died left under the order's id does not fit this one: the next call gets a new id. */
function unlessStale(err: unknown, request: PlaceOrderRequest): unknown {
  return staleReasons.includes(reasonOf(err)) ? lost(request, err) : err;
}

function lost({ cartId }: PlaceOrderRequest, cause?: unknown): Error {
  return fail("CHECKOUT_IN_PROGRESS", { cart_id: cartId }, { cause });
}
