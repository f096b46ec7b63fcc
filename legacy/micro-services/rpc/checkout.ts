import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type {
  CheckoutRequest,
  MicroServicesService,
} from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { type Order, Order_State } from "../../../gen/rowlock/order/v1/order_pb.js";
import { reasonOf } from "../../../lib/errors/reasons.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { findLatestOrder, requireOrder } from "../../order.ts";
import { toE164 } from "../phone.ts";
import { fail } from "../reasons.ts";
import { requestKey } from "../request-key.ts";
import { findGuest } from "../session.ts";
import { showOrder } from "../show-order.ts";

/**
 * Orders the client's cart, and chooses the cheapest shipping method, as that shop did. A client whose answer was
 * lost has no open cart any more: the same request then finds the order that the cart became.
 */
export function checkout(deps: FacadeDeps): MethodImpl<typeof MicroServicesService.method.checkout> {
  return async (request, ctx) => {
    const order = await placeOrder(deps, ctx, request);
    const [cheapest] = order.shippingMethods;
    const chosen =
      order.shippingMethodId !== "" || cheapest === undefined
        ? order
        : await deps.orders.setShippingMethod(
            { orderId: order.id, shippingMethodId: cheapest.id },
            outgoing(ctx),
          );
    return showOrder(deps, ctx, chosen);
  };
}

async function placeOrder(deps: FacadeDeps, ctx: HandlerContext, request: CheckoutRequest): Promise<Order> {
  const delivery = deliveryOf(request);
  const guest = findGuest(deps, ctx);
  if (guest === undefined) throw fail("CART_EMPTY", {});
  const place = (cartId: string) => {
    const key = request.requestId || JSON.stringify(delivery);
    return deps.orders.placeOrder(
      { ...delivery, cartId, requestId: requestKey(key, "checkout", cartId) },
      outgoing(ctx),
    );
  };
  const cart = await findOpenCart(deps, ctx, guest);
  if (cart !== undefined) return place(cart.id);
  const latest = await findLatestOrder(deps, ctx, guest);
  if (latest?.state !== Order_State.PENDING_PAYMENT) throw fail("CART_EMPTY", {});
  try {
    await place(latest.cartId);
  } catch (err) {
    // Another request than the one that made it.
    if (reasonOf(err) === "CART_ALREADY_ORDERED") throw fail("CART_EMPTY", {}, { cause: err });
    throw err;
  }
  // A repetition is answered as the order was made: its shipping method may have been chosen since.
  return requireOrder(deps, ctx, latest.id);
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
