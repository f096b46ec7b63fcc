import type { CallOptions, MethodImpl } from "@connectrpc/connect";
import {
  type OrderService,
  type PayOrderRequest,
  PayOrderRequestSchema,
} from "../../../gen/rowlock/order/v1/order_pb.js";
import { type Payment, Payment_State } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { getExisting, getOwned } from "../access.ts";
import { begin, checkPayable, giveUpWaiting, startPayment } from "../attempt.ts";
import { toOrderMessage } from "../convert.ts";
import { type Order, totalOf } from "../order.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { payNothing, settle } from "../settle.ts";
import { type Attempt, findAttempt } from "../store-attempt.ts";

/** Pays an order: one live attempt at a time, goods before money. Safe to retry with its key. */
export function payOrder(deps: OrderDeps): MethodImpl<typeof OrderService.method.payOrder> {
  const { db, clock } = deps;
  return async (request, ctx) => {
    const { orderId, requestId } = request;
    const call = outgoing(ctx);
    const order = await getOwned(db, ctx, orderId);
    const earlier = requestId === "" ? undefined : await findAttempt(db, { orderId, requestId });
    if (earlier !== undefined) return toOrderMessage(await goOn(deps, { order, request, earlier }, call));
    checkPayable(order, clock());
    if (totalOf(order) === 0n) return toOrderMessage(await payNothing(deps, order, call));
    await giveUpWaiting(deps, order, call);
    const paymentId = await begin(deps, { orderId, request });
    return toOrderMessage(
      await run(deps, { order: await getExisting(db, orderId), request, paymentId }, call),
    );
  };
}

/** The answer to a repeated call: where its attempt stands now. */
async function goOn(
  deps: OrderDeps,
  { order, request, earlier }: { order: Order; request: PayOrderRequest; earlier: Attempt },
  call: CallOptions,
): Promise<Order> {
  if (Buffer.compare(fingerprintOf(PayOrderRequestSchema, request), earlier.requestFingerprint) !== 0) {
    throw fail("REQUEST_ID_REUSED", { request_id: request.requestId });
  }
  const { paymentId } = earlier;
  if (order.state !== "PENDING_PAYMENT") return order;
  return run(deps, { order, request, paymentId }, call);
}

async function run(
  deps: OrderDeps,
  attempt: { order: Order; request: PayOrderRequest; paymentId: string },
  call: CallOptions,
): Promise<Order> {
  const payment = await startPayment(deps, attempt, call);
  return unlessDeclined(await settle(deps, { order: attempt.order, payment }, call), payment);
}

function unlessDeclined(order: Order, payment: Payment): Order {
  if (payment.state !== Payment_State.FAILED) return order;
  throw fail("PAYMENT_DECLINED", {
    decline_message: payment.declineMessage,
    decline_code: payment.declineCode,
    payment_id: payment.id,
  });
}
