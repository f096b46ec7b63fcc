import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import { type PayOrderRequest, PayOrderRequestSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import type { Payment } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { isUniqueViolation } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { fingerprintOf } from "../../lib/idempotency/idempotency.ts";
import { newId } from "../../lib/ids/ids.ts";
import { money } from "../../lib/money/money.ts";
import { getExisting } from "./access.ts";
import { type Order, totalOf } from "./order.ts";
import { fail } from "./reasons.ts";
import type { OrderDeps } from "./service.ts";
import { beginAttempt } from "./store-attempt.ts";
import { recordPayment } from "./store-change.ts";

/** The bank's method when the buyer names none. */
const defaultBank = "BANK_TRANSFER";

/**
 * Whether an order can be paid now.
 *
 * @throws ORDER_NOT_PENDING, HOLD_EXPIRED, SHIPPING_METHOD_MISSING.
 */
export function checkPayable(order: Order, now: Date): void {
  const { id, state, holdExpireTime } = order;
  if (state !== "PENDING_PAYMENT") throw fail("ORDER_NOT_PENDING", { order_id: id, state });
  if (holdExpireTime <= now) {
    throw fail("HOLD_EXPIRED", { order_id: id, hold_expire_time: holdExpireTime.toISOString() });
  }
  if (order.shippingMethodId === "") throw fail("SHIPPING_METHOD_MISSING", { order_id: id });
}

/** Ends an attempt that waits for the buyer, who now wants to pay otherwise. */
export async function giveUpWaiting(deps: OrderDeps, order: Order, call: CallOptions): Promise<void> {
  const { id, paymentId, payment, paymentState } = order;
  if (paymentId === null || payment === null) return;
  if (paymentState !== "REQUIRES_ACTION" && paymentState !== "AWAITING_TRANSFER") return;
  await deps.payments.cancelPayment({ paymentId }, call);
  await recordPayment(deps.db, { orderId: id, paymentId, state: "FAILED", snapshot: payment });
}

/**
 * Records an attempt before the provider is asked, and returns its payment's
 * id. Of several calls at once, one records its attempt.
 *
 * @throws PAYMENT_IN_PROGRESS, and as {@link checkPayable}.
 */
export async function begin(
  { db, clock }: OrderDeps,
  { orderId, request }: { orderId: string; request: PayOrderRequest },
): Promise<string> {
  const paymentId = newId("pay");
  const method = request.method.case === "bankTransfer" ? request.method.value.bank || defaultBank : "card";
  let begun = false;
  try {
    begun = await beginAttempt(db, {
      orderId,
      paymentId,
      requestId: request.requestId,
      requestFingerprint: fingerprintOf(PayOrderRequestSchema, request),
      snapshot: { method, clientSecret: "", redirectUrl: "", declineCode: "" },
      now: clock(),
    });
  } catch (err) {
    if (!isUniqueViolation(err, "payment_attempt_request_key")) throw err;
  }
  if (begun) return paymentId;
  const present = await getExisting(db, orderId);
  checkPayable(present, clock());
  throw fail("PAYMENT_IN_PROGRESS", { order_id: orderId, payment_id: present.paymentId ?? "" });
}

/**
 * Starts a recorded attempt's payment. May be repeated: Payment knows it by its id.
 *
 * @throws PAYMENT_METHOD_INVALID, after which another attempt can be made.
 */
export async function startPayment(
  deps: OrderDeps,
  attempt: { order: Order; request: PayOrderRequest; paymentId: string },
  call: CallOptions,
): Promise<Payment> {
  const { order, request, paymentId } = attempt;
  const { payments, inventory, holds } = deps;
  const common = {
    paymentId,
    orderId: order.id,
    amount: money(order.currencyCode, totalOf(order)),
    contact: order.contact,
  };
  if (request.method.case === "bankTransfer") {
    // The goods are held beyond the transfer's deadline before the buyer learns where to pay.
    const ttl = durationFromMs(holds.transferMs + holds.transferSlackMs);
    await inventory.extend({ reservationId: order.reservationId, ttl }, call);
    const bank = request.method.value.bank || defaultBank;
    const value = { bank, timeLimit: durationFromMs(holds.transferMs) };
    return payments.createPayment({ ...common, method: { case: "bankTransfer", value } }, call);
  }
  const paymentMethod = request.method.case === "card" ? request.method.value.paymentMethod : "";
  try {
    return await payments.createPayment(
      { ...common, method: { case: "card", value: { paymentMethod } } },
      call,
    );
  } catch (err) {
    if (reasonOf(err) === "PAYMENT_METHOD_INVALID") {
      const snapshot = {
        method: "card",
        clientSecret: "",
        redirectUrl: "",
        declineCode: "invalid_payment_method",
      };
      await recordPayment(deps.db, {
        orderId: order.id,
        paymentId,
        state: "FAILED",
        snapshot,
        event: "payment_failed",
      });
    }
    throw err;
  }
}
