import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type {
  MicroServicesService,
  PayRequest,
} from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { type Order, Order_State, OrderPayment_State } from "../../../gen/rowlock/order/v1/order_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import type { FacadeDeps } from "../../facade.ts";
import { requireOrder } from "../../order.ts";
import { awaitMessages } from "../await-messages.ts";
import { statusCodeOf } from "../order.ts";
import { fail } from "../reasons.ts";
import { requestKey } from "../request-key.ts";
import { showOrder } from "../show-order.ts";

/** Pays an order by card, and waits a little for its label and messages. A paid order is answered as it is. */
export function pay(deps: FacadeDeps): MethodImpl<typeof MicroServicesService.method.pay> {
  return async (request, ctx) => {
    const found = await requireOrder(deps, ctx, request.orderId);
    const order = isPaid(found) ? found : await takeMoney(deps, ctx, request);
    const told = await awaitMessages(deps, ctx, { order });
    const shown = await showOrder(deps, ctx, told.order);
    shown.emailStatusCode = statusCodeOf(told.email);
    if (told.order.contact?.phone) shown.smsStatusCode = statusCodeOf(told.sms);
    return shown;
  };
}

function isPaid({ state }: Order): boolean {
  return state === Order_State.PAID || state === Order_State.FULFILLED;
}

async function takeMoney(
  { orders }: FacadeDeps,
  ctx: HandlerContext,
  { orderId, cart: paymentMethod, requestId }: PayRequest,
): Promise<Order> {
  const order = await orders.payOrder(
    {
      orderId,
      method: { case: "card", value: { paymentMethod } },
      requestId: requestKey(requestId, orderId),
    },
    outgoing(ctx),
  );
  if (isPaid(order)) return order;
  if (order.payment?.state === OrderPayment_State.REQUIRES_ACTION) {
    throw fail("PAYMENT_NEEDS_BUYER", { order_id: orderId });
  }
  throw fail("PAYMENT_IN_PROGRESS", { order_id: orderId, payment_id: order.payment?.id ?? "" });
}
