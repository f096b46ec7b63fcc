import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import {
  type OrderService,
  type RefundOrderRequest,
  RefundOrderRequestSchema,
} from "../../../gen/rowlock/order/v1/order_pb.js";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { getExisting } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { refundQueue } from "../jobs.ts";
import type { Order } from "../order.ts";
import { fail } from "../reasons.ts";
import { isForAll, planRefund, type RefundWish } from "../refund.ts";
import { carryOutRefund } from "../refund-part.ts";
import type { OrderDeps } from "../service.ts";
import { type AskedRefund, findRefundByRequest, insertRefund, lockOrder } from "../store-refund.ts";

/** When the job looks after a refund whose call should be done by then; seconds. */
const jobAfter = 30;

/**
 * Gives back the money of a part of an order. The part is recorded, and counts, before Payment is asked; so a retry with
 * the same key, or the job, goes on with the same refund.
 */
export function refundOrder(deps: OrderDeps): MethodImpl<typeof OrderService.method.refundOrder> {
  return async (request, ctx) => {
    const refund = await record(deps, request, ctx);
    if (refund.state === "PENDING") await carryOutRefund(deps, refund, outgoing(ctx));
    return toOrderMessage(await getExisting(deps.db, request.orderId));
  };
}

async function record(
  deps: OrderDeps,
  request: RefundOrderRequest,
  ctx: HandlerContext,
): Promise<AskedRefund> {
  const { db, jobs } = deps;
  const { orderId, reason } = request;
  const wish: RefundWish = {
    items: request.items.map(({ sku, quantity }) => ({ sku, quantity: Number(quantity) })),
    shipping: request.shipping,
  };
  const atMost = isForAll(wish) ? await leftOf(deps, await getExisting(db, orderId), ctx) : undefined;
  const requestId = request.requestId || null;
  const requestFingerprint = fingerprintOf(RefundOrderRequestSchema, request);
  return db.transaction(async (tx) => {
    if (!(await lockOrder(tx, orderId))) throw fail("ORDER_NOT_FOUND", { order_id: orderId });
    if (requestId !== null) {
      const earlier = await findRefundByRequest(tx, { orderId, requestId });
      if (earlier !== undefined) return unlessOther(earlier, requestFingerprint);
    }
    const order = await getExisting(tx, orderId);
    checkPaid(order);
    const shipping = {
      total: Number(order.shippingTotal),
      discounts: order.shippingDiscounts,
      taxes: order.shippingTaxes,
    };
    const { amount, ...part } = planRefund(
      { ...order, shipping },
      wish,
      atMost === undefined ? {} : { atMost },
    );
    const refund: AskedRefund = {
      ...{
        id: newId("orf"),
        orderId,
        ...part,
        amount: Number(amount),
        reason,
        requestId,
        requestFingerprint,
      },
      // Of what cost nothing, nothing goes back.
      state: amount === 0n ? "DONE" : "PENDING",
    };
    await insertRefund(tx, refund);
    const job = { orderId, refundId: refund.id };
    if (refund.state === "PENDING") await jobs.enqueue(tx, refundQueue, job, { startAfter: jobAfter });
    return refund;
  });
}

/** What the payment has left. */
async function leftOf({ payments }: OrderDeps, order: Order, ctx: HandlerContext): Promise<bigint> {
  if (order.paymentId === null) return 0n;
  const { received, refunded } = await payments.getPayment({ paymentId: order.paymentId }, outgoing(ctx));
  return (received?.amount ?? 0n) - (refunded?.amount ?? 0n);
}

function checkPaid({ id, state }: Order): void {
  if (state !== "PAID" && state !== "FULFILLED") throw fail("ORDER_NOT_PAID", { order_id: id, state });
}

function unlessOther(earlier: AskedRefund, fingerprint: Uint8Array): AskedRefund {
  if (Buffer.compare(earlier.requestFingerprint, fingerprint) === 0) return earlier;
  throw fail("REQUEST_ID_REUSED", { request_id: earlier.requestId ?? "" });
}
