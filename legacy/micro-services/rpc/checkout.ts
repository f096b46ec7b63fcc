import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type {
  CheckoutRequest,
  MicroServicesService,
} from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { type Order, Order_State } from "../../../gen/rowlock/order/v1/order_pb.js";
import { reasonOf } from "../../../lib/errors/reasons.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { openCart } from "../../open-cart.ts";
import { findLatestOrder, requireOrder } from "../../order.ts";
import { toE164 } from "../phone.ts";
import { fail } from "../reasons.ts";
import { requestKey } from "../request-key.ts";
import { findGuest } from "../session.ts";
import { showOrder } from "../show-order.ts";

/**
 * Orders the client's cart, and chooses the cheapest shipping method, as that shop did. A client whose answer was
 * lost has another cart by now: the same request then finds the order that its cart became.
 */
export function checkout(deps: FacadeDeps): MethodImpl<typeof MicroServicesService.method.checkout> {
  return async (request, ctx) => showOrder(deps, ctx, await placeOrder(deps, ctx, request));
}

async function placeOrder(deps: FacadeDeps, ctx: HandlerContext, request: CheckoutRequest): Promise<Order> {
  const delivery = deliveryOf(request);
  const guest = findGuest(deps, ctx);
  if (guest === undefined) throw fail("CART_EMPTY", {});
  const place = (cartId: string) => {
    const key = request.requestId || JSON.stringify(delivery);
    const requestId = requestKey(key, "checkout", cartId);
    return deps.orders.placeOrder({ ...delivery, cartId, requestId }, outgoing(ctx));
  };
  // Not only an open one: while another call orders it, that call's order is waited for.
  const cart = await openCart(deps, ctx, guest);
  const placed = await place(cart.id).catch(unless("CART_EMPTY"));
  if (placed !== undefined) return chooseCheapest(deps, ctx, placed);
  const latest = await findLatestOrder(deps, ctx, guest);
  if (latest?.state !== Order_State.PENDING_PAYMENT) throw fail("CART_EMPTY", {});
  const again = await place(latest.cartId).catch(unless("CART_ALREADY_ORDERED"));
  // Another request than the one that made it.
  if (again === undefined) throw fail("CART_EMPTY", {});
  await chooseCheapest(deps, ctx, again);
  // As it is now: another method may have been chosen since.
  return requireOrder(deps, ctx, latest.id);
}

/** Chooses the cheapest shipping method, once: not again after another one was chosen. */
async function chooseCheapest({ orders }: FacadeDeps, ctx: HandlerContext, order: Order): Promise<Order> {
  const [cheapest] = order.shippingMethods;
  if (cheapest === undefined) return order;
  return orders.setShippingMethod(
    {
      orderId: order.id,
      shippingMethodId: cheapest.id,
      requestId: requestKey("cheapest", "checkout", order.id),
    },
    outgoing(ctx),
  );
}

function unless(reason: string): (err: unknown) => undefined {
  return (err) => {
    if (reasonOf(err) !== reason) throw err;
  };
}

function deliveryOf({ email, phone, name, address }: CheckoutRequest) {
  const country = address?.country.toUpperCase() ?? "";
  return {
    contact: { email, phone: phone === "" ? "" : toE164({ text: phone, country, field: "phone" }) },
    shippingAddress: {
      name,
      line1: address?.line1 ?? "",
      line2: address?.line2 ?? "",
      city: address?.city ?? "",
      state: address?.state ?? "",
      postalCode: address?.postalCode ?? "",
      countryCode: country,
    },
  };
}
