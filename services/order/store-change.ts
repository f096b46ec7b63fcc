/** The guarded changes of an order, each one statement, each safe to repeat. */
import { json, type Queryable, sql } from "../../lib/db/index.ts";
import {
  attemptSources,
  type Fulfillment,
  type Order,
  type OrderShipment,
  type PaymentAttemptState,
  type PaymentSnapshot,
  sourcesOf,
} from "./order.ts";
import { changeOrder } from "./store-order.ts";
import type { Discount, Tax, Totals } from "./totals.ts";

/** Lets the sweep begin anew with the times at which it asks for a payment. */
const polledAnew = sql`poll_time = null, polls = 0`;

/** A shipping method, and what the order then comes to. */
export interface ShippingChoice {
  methodId: string;
  discounts: readonly Discount[];
  taxes: readonly Tax[];
  totals: Totals;
}

/** Chooses a shipping method while nobody is paying. */
export function chooseShipping(
  db: Queryable,
  { order, choice }: { order: Order; choice: ShippingChoice },
): Promise<Order | undefined> {
  const { methodId, discounts, taxes, totals } = choice;
  return changeOrder(db, {
    id: order.id,
    guard: sql`state = 'PENDING_PAYMENT' and (payment_state is null or payment_state in ('FAILED', 'REFUNDED'))`,
    set: sql`shipping_method_id = ${methodId}, shipping_total = ${totals.shippingTotal},
      shipping_discounts = ${json(discounts)}::jsonb, shipping_discount = ${totals.shippingDiscount},
      shipping_taxes = ${json(taxes)}::jsonb, tax_total = ${totals.taxTotal},
      included_tax_total = ${totals.includedTaxTotal}`,
    event: { kind: "shipping_method_set", data: { shipping_method_id: methodId } },
  });
}

/** Records where the live attempt stands, unless another has taken its place or it has moved on. */
export function recordPayment(
  db: Queryable,
  change: {
    orderId: string;
    paymentId: string;
    state: PaymentAttemptState;
    snapshot: PaymentSnapshot;
    holdUntil?: Date | undefined;
    event?: "payment_failed" | "payment_pending" | "refunded" | undefined;
  },
): Promise<Order | undefined> {
  const { orderId, paymentId, state, snapshot, holdUntil, event } = change;
  return changeOrder(db, {
    id: orderId,
    guard: sql`payment_id = ${paymentId} and payment_state = any(${attemptSources[state]}::text[])`,
    set: sql`payment_state = ${state}, payment = ${json(snapshot)}::jsonb,
      hold_expire_time = greatest(hold_expire_time, ${holdUntil ?? null}::timestamptz), ${polledAnew}`,
    ...(event !== undefined && { event: { kind: event, data: { payment_id: paymentId } } }),
  });
}

/** Notes that more has come of the transfer that the order waits for. What somebody learned late is not noted. */
export function recordReceived(
  db: Queryable,
  {
    orderId,
    paymentId,
    received,
    snapshot,
  }: { orderId: string; paymentId: string; received: bigint; snapshot: PaymentSnapshot },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`payment_id = ${paymentId} and payment_state = 'AWAITING_TRANSFER'
      and coalesce((payment #>> '{transfer,received}')::bigint, 0) < ${received}`,
    set: sql`payment = ${json(snapshot)}::jsonb`,
    event: { kind: "part_paid", data: { payment_id: paymentId, received: String(received) } },
  });
}

/** Takes the live attempt into work, so that nobody cancels the order under it. */
export function takeIntoWork(
  db: Queryable,
  { orderId, paymentId }: { orderId: string; paymentId: string },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`payment_id = ${paymentId} and state = 'PENDING_PAYMENT'
      and payment_state = any(${attemptSources.PROCESSING}::text[])`,
    set: sql`payment_state = 'PROCESSING', ${polledAnew}`,
  });
}

/**
 * Keeps the reservation that the order's goods are committed by, when it is
 * not the first, unless somebody was there before. A `late` one is a revival's,
 * any other an unpaid order's: neither is ever kept for the other, so whoever
 * returns what was held before a revival cannot return what it holds.
 */
export function recordReservation(
  db: Queryable,
  {
    orderId,
    from,
    reservationId,
    late,
  }: { orderId: string; from: string; reservationId: string; late: boolean },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`${late ? sql`late_money = 'REVIVE'` : sql`state = 'PENDING_PAYMENT'`}
      and reservation_id in (${from}, ${reservationId})`,
    set: sql`reservation_id = ${reservationId}`,
  });
}

/** PENDING_PAYMENT → PAID by the order's live attempt. */
export function markPaid(
  db: Queryable,
  { orderId, paymentId, snapshot }: { orderId: string; paymentId: string; snapshot: PaymentSnapshot },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state = 'PENDING_PAYMENT' and payment_id = ${paymentId}
      and payment_state = any(${attemptSources.CAPTURED}::text[])`,
    set: sql`state = 'PAID', payment_state = 'CAPTURED', payment = ${json(snapshot)}::jsonb`,
    event: { kind: "paid", data: { payment_id: paymentId } },
  });
}

/** PENDING_PAYMENT → PAID for an order that costs nothing, unless a payment is in the works. */
export function markFree(db: Queryable, orderId: string): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state = 'PENDING_PAYMENT'
      and item_total - item_discount + shipping_total - shipping_discount + tax_total - included_tax_total = 0
      and payment_state is distinct from 'PROCESSING'`,
    set: sql`state = 'PAID'`,
    event: { kind: "paid" },
  });
}

/**
 * Marks that a label is being bought; meanwhile, and with the label, the order
 * cannot be canceled. What was refunded before is not shipped.
 */
export function beginFulfillment(db: Queryable, orderId: string): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state = 'PAID' and (fulfilling or payment_state is distinct from 'REFUNDED')`,
    set: sql`fulfilling = true`,
  });
}

/** Takes {@link beginFulfillment} back: no label was bought. Nothing when the merchant ships something by itself. */
export function endFulfillment(db: Queryable, orderId: string): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state = 'PAID' and not handed_over`,
    set: sql`fulfilling = false`,
  });
}

/** PAID → FULFILLED, without parcels when the buyer fetches the goods. */
export function markFulfilled(
  db: Queryable,
  {
    orderId,
    fulfillment,
    shipments,
  }: { orderId: string; fulfillment: Fulfillment | null; shipments: readonly OrderShipment[] },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state = any(${sourcesOf("FULFILLED")}::text[])`,
    set: sql`state = 'FULFILLED', fulfillment = ${fulfillment && json(fulfillment)}::jsonb,
      shipments = ${json(shipments)}::jsonb`,
    event: { kind: "fulfilled", data: fulfillment ? { tracking_number: fulfillment.trackingNumber } : {} },
  });
}

/** PENDING_PAYMENT or PAID → CANCELED, unless a payment is in the works or a label is bought. */
export function markCanceled(
  db: Queryable,
  { orderId, reason }: { orderId: string; reason: string },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state = any(${sourcesOf("CANCELED")}::text[]) and not fulfilling
      and payment_state is distinct from 'PROCESSING'`,
    set: sql`state = 'CANCELED', cancel_reason = ${reason}`,
    event: { kind: "canceled", data: { reason } },
  });
}

/** PAID → CANCELED, when all of the money went back before a label was bought. */
export function markRefunded(
  db: Queryable,
  { orderId, reason }: { orderId: string; reason: string },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state = 'PAID' and payment_state = 'REFUNDED' and not fulfilling`,
    set: sql`state = 'CANCELED', cancel_reason = ${reason}`,
    event: { kind: "canceled", data: { reason } },
  });
}

/**
 * PENDING_PAYMENT → CANCELED by whoever has taken the live attempt into work.
 * With `lateMoney` RETURN its money is there and cannot revive the order.
 */
export function markUnpayable(
  db: Queryable,
  {
    orderId,
    paymentId,
    reason,
    lateMoney,
  }: { orderId: string; paymentId: string; reason: string; lateMoney: "RETURN" | null },
): Promise<Order | undefined> {
  return changeOrder(db, {
    id: orderId,
    guard: sql`state = 'PENDING_PAYMENT' and payment_id = ${paymentId}`,
    set: sql`state = 'CANCELED', cancel_reason = ${reason}, payment_state = 'FAILED',
      late_money = ${lateMoney}`,
    event: { kind: "canceled", data: { reason } },
  });
}
