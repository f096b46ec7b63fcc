import type { CallOptions, HandlerContext, MethodImpl } from "@connectrpc/connect";
import {
  type OrderService,
  type PayOrderRequest,
  PayOrderRequestSchema,
} from "../../../gen/rowlock/order/v1/order_pb.js";
import { checkCard } from "../../../lib/card-choice.ts";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { callerOf, outgoing, requireOwner } from "../../../lib/rpc/index.ts";
import { begin, checkPayable, giveUpWaiting, startPayment, usesSaved } from "../attempt.ts";
import { toOrderMessage } from "../convert.ts";
import { unlessFailed } from "../decline.ts";
import type { Order } from "../order.ts";
import { presentPayment } from "../payments.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { payNothing, settle } from "../settle.ts";
import { type Attempt, findOrderAndAttempt } from "../store-attempt.ts";
import { totalOf } from "../totals.ts";

/** Pays an order: one live attempt at a time, goods before money. Safe to retry with its key. */
export function payOrder(deps: OrderDeps): MethodImpl<typeof OrderService.method.payOrder> {
  return async (request, ctx) => toOrderMessage(await pay(deps, request, ctx));
}

async function pay(deps: OrderDeps, request: PayOrderRequest, ctx: HandlerContext): Promise<Order> {
  const call = outgoing(ctx);
  if (request.method.case === "card") checkCard(request.method.value);
  const { order, earlier } = await read(deps, request, ctx);
  if (earlier !== undefined) return goOn(deps, { order, request, earlier }, call);
  const free = totalOf(order) === 0n;
  if (free && order.state === "PAID") return order;
  checkPayable(order, deps.clock());
  if (free) return payNothing(deps, order, call);
  await giveUpWaiting(deps, order, call);
  const begun = await begin(deps, { orderId: order.id, request });
  if (begun !== undefined) return run(deps, { ...begun, request }, call);
  const present = await read(deps, request, ctx);
  // Another call with the same key was quicker.
  if (present.earlier !== undefined) {
    return goOn(deps, { order: present.order, request, earlier: present.earlier }, call);
  }
  checkPayable(present.order, deps.clock());
  throw fail("PAYMENT_IN_PROGRESS", { order_id: order.id, payment_id: present.order.paymentId ?? "" });
}

async function read(
  { db }: OrderDeps,
  request: PayOrderRequest,
  ctx: HandlerContext,
): Promise<{ order: Order; earlier: Attempt | undefined }> {
  const found = await findOrderAndAttempt(db, request);
  if (found === undefined) throw fail("ORDER_NOT_FOUND", { order_id: request.orderId });
  requireOwner(ctx, found.order.owner);
  // Nobody else decides about what a customer has saved.
  const saved = request.method.case === "card" && usesSaved(request.method.value);
  if (saved && callerOf(ctx).kind !== "customer") throw fail("ACCOUNT_REQUIRED", {});
  return { order: found.order, earlier: found.attempt };
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
  // Only a live attempt is started again: the order may have changed since another one ended.
  if (order.paymentId === paymentId && order.paymentState === "PROCESSING") {
    return run(deps, { order, request, paymentId }, call);
  }
  const payment = await presentPayment(deps, paymentId, call);
  if (payment === undefined) {
    throw fail("PAYMENT_DECLINED", {
      decline_message: "the payment was never started; pay again with another request_id",
      decline_code: "not_started",
      payment_id: paymentId,
    });
  }
  return unlessFailed(await settle(deps, { order, payment }, call), payment);
}

async function run(
  deps: OrderDeps,
  attempt: { order: Order; request: PayOrderRequest; paymentId: string },
  call: CallOptions,
): Promise<Order> {
  const payment = await startPayment(deps, attempt, call);
  return unlessFailed(await settle(deps, { order: attempt.order, payment }, call), payment);
}
