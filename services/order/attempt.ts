import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import { type PayOrderRequest, PayOrderRequestSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import {
  type CreatePaymentRequestSchema,
  type Payment,
  Payment_State,
} from "../../gen/rowlock/payment/v1/payment_pb.js";
import { isUniqueViolation } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { fingerprintOf } from "../../lib/idempotency/idempotency.ts";
import { newId } from "../../lib/ids/ids.ts";
import { money } from "../../lib/money/money.ts";
import { invalidMethod } from "./decline.ts";
import { recordReturned } from "./ended.ts";
import type { Order } from "./order.ts";
import { giveBack } from "./payments.ts";
import { fail, holdExpired } from "./reasons.ts";
import type { OrderDeps } from "./service.ts";
import { holdLonger, holdWhileAuthorizing } from "./stock.ts";
import { beginAttempt } from "./store-attempt.ts";
import { recordPayment } from "./store-change.ts";
import { totalOf } from "./totals.ts";

/** The bank's method when the buyer names none. */
const defaultBank = "BANK_TRANSFER";

/**
 * Whether an order can be paid now.
 *
 * @throws ORDER_NOT_PENDING, HOLD_EXPIRED, SHIPPING_METHOD_MISSING.
 */
export function checkPayable(order: Order, now: Date): void {
  const { id, state } = order;
  if (state !== "PENDING_PAYMENT") throw fail("ORDER_NOT_PENDING", { order_id: id, state });
  if (order.holdExpireTime <= now) throw holdExpired(order);
  if (order.shippingMethodId === "" && !order.pickUp) throw fail("SHIPPING_METHOD_MISSING", { order_id: id });
}

/**
 * Ends an attempt that waits for the buyer, who now wants to pay otherwise.
 *
 * @throws PAYMENT_IN_PROGRESS when its money has just arrived.
 */
export async function giveUpWaiting(deps: OrderDeps, order: Order, call: CallOptions): Promise<void> {
  const { id: orderId, paymentId, payment, paymentState } = order;
  if (paymentId === null || payment === null) return;
  if (paymentState !== "REQUIRES_ACTION" && paymentState !== "AWAITING_TRANSFER") return;
  const given = await deps.payments.cancelPayment({ paymentId }, call).catch((err: unknown) => {
    if (reasonOf(err) !== "PAYMENT_CAPTURED") throw err;
    throw fail("PAYMENT_IN_PROGRESS", { order_id: orderId, payment_id: paymentId }, { cause: err });
  });
  const change = { orderId, paymentId, snapshot: payment };
  // A part that had come goes back.
  if (given.state === Payment_State.REFUNDED) await recordReturned(deps, change);
  else await recordPayment(deps.db, { ...change, state: "FAILED" });
}

/**
 * Records an attempt before the provider is asked, and returns the order with
 * it. Of several calls at once, one records its attempt; the others get
 * nothing.
 */
export async function begin(
  { db, clock }: OrderDeps,
  { orderId, request }: { orderId: string; request: PayOrderRequest },
): Promise<{ order: Order; paymentId: string } | undefined> {
  const paymentId = newId("pay");
  const method = request.method.case === "bankTransfer" ? request.method.value.bank || defaultBank : "card";
  try {
    const order = await beginAttempt(db, {
      orderId,
      paymentId,
      requestId: request.requestId,
      requestFingerprint: fingerprintOf(PayOrderRequestSchema, request),
      snapshot: { method, clientSecret: "", redirectUrl: "", declineCode: "" },
      now: clock(),
    });
    return order && { order, paymentId };
  } catch (err) {
    if (!isUniqueViolation(err, "payment_attempt_request_key")) throw err;
    return undefined;
  }
}

/**
 * Starts a recorded attempt's payment. May be repeated: Payment knows it by its id.
 *
 * @throws HOLD_EXPIRED, PAYMENT_METHOD_INVALID, PAYMENT_METHOD_NOT_FOUND, after which another attempt can be made.
 */
export async function startPayment(
  deps: OrderDeps,
  attempt: { order: Order; request: PayOrderRequest; paymentId: string },
  call: CallOptions,
): Promise<Payment> {
  const { order, request, paymentId } = attempt;
  const { holds } = deps;
  const common = {
    paymentId,
    orderId: order.id,
    amount: money(order.currencyCode, totalOf(order)),
    ...(order.contact && { contact: order.contact }),
  };
  if (request.method.case === "bankTransfer") {
    // The goods are held beyond the transfer's deadline before the buyer learns where to pay.
    const ms = holds.transferMs + holds.transferSlackMs;
    if (!(await holdLonger(deps, { reservationId: order.reservationId, ms }, call))) {
      await failAttempt(deps, { order, paymentId, declineCode: "hold_expired" });
      throw holdExpired(order);
    }
  } else {
    await holdWhileAuthorizing(deps, order, call);
  }
  try {
    const method =
      request.method.case === "bankTransfer" ? transferOf(deps, request) : cardOf(order, request);
    return await createPayment(deps, { ...common, ...method }, call);
  } catch (err) {
    const info = errorInfo(err);
    if (info?.reason !== "PAYMENT_METHOD_INVALID" && info?.reason !== "PAYMENT_METHOD_NOT_FOUND") throw err;
    await failAttempt(deps, { order, paymentId, declineCode: invalidMethod });
    if (info.reason === "PAYMENT_METHOD_NOT_FOUND") {
      const { payment_method_id = "" } = info.metadata;
      throw fail("PAYMENT_METHOD_NOT_FOUND", { payment_method_id }, { cause: err });
    }
    const provider_message = info.metadata["provider_message"] ?? "";
    throw fail("PAYMENT_METHOD_INVALID", { provider_message }, { cause: err });
  }
}

/** The bank's method by which it is paid, and how long that may take. */
function transferOf(
  { holds }: OrderDeps,
  { method }: PayOrderRequest,
): Pick<MessageInitShape<typeof CreatePaymentRequestSchema>, "method"> {
  if (method.case !== "bankTransfer") return {};
  const value = { bank: method.value.bank || defaultBank, timeLimit: durationFromMs(holds.transferMs) };
  return { method: { case: "bankTransfer", value } };
}

/** The card that pays; whose it is when it is or becomes a saved one. */
function cardOf(
  order: Order,
  { method }: PayOrderRequest,
): Pick<MessageInitShape<typeof CreatePaymentRequestSchema>, "method" | "customerId"> {
  if (method.case !== "card") return {};
  const { paymentMethod, savedPaymentMethodId, savePaymentMethod } = method.value;
  return {
    method: { case: "card", value: { paymentMethod, savedPaymentMethodId, savePaymentMethod } },
    ...(usesSaved(method.value) && { customerId: order.owner }),
  };
}

/** Whether a card is, or becomes, one that its customer has saved. */
export function usesSaved(card: { savedPaymentMethodId: string; savePaymentMethod: boolean }): boolean {
  return card.savePaymentMethod || card.savedPaymentMethodId !== "";
}

async function createPayment(
  deps: OrderDeps,
  request: MessageInitShape<typeof CreatePaymentRequestSchema>,
  call: CallOptions,
): Promise<Payment> {
  const { payments } = deps;
  try {
    return await payments.createPayment(request, call);
  } catch (err) {
    const info = errorInfo(err);
    const live = info?.metadata["payment_id"];
    if (info?.reason !== "PAYMENT_LIVE" || !live) throw err;
    // The order has one attempt: this payment began after its attempt was given up for dead.
    await giveBack(deps, await payments.refreshPayment({ paymentId: live }, call), call);
    return payments.createPayment(request, call);
  }
}

/** Ends an attempt that came to nothing, so that another can be made. */
export async function failAttempt(
  { db }: OrderDeps,
  { order, paymentId, declineCode }: { order: Order; paymentId: string; declineCode: string },
): Promise<void> {
  const method = order.payment?.method ?? "";
  await recordPayment(db, {
    orderId: order.id,
    paymentId,
    state: "FAILED",
    snapshot: { method, clientSecret: "", redirectUrl: "", declineCode },
    event: "payment_failed",
  });
}
