import { create } from "@bufbuild/protobuf";
import {
  PaymentViolation_Kind as Kind,
  type PaymentViolation,
  PaymentViolationSchema,
} from "../../gen/rowlock/payment/v1/payment_pb.js";
import { authorize, getExisting } from "./card-payment.ts";
import { type CardIntent, returnedOf } from "./card-processor.ts";
import { type Payment, type PaymentState, refundable } from "./payment.ts";
import { reconcileDisputes } from "./reconcile-disputes.ts";
import type { PaymentDeps } from "./service.ts";
import { findPayment, findPaymentByProviderId, listChanged, listHoldingMoney } from "./store-payment.ts";
import { syncWithIntent } from "./sync-intent.ts";

/** How many payments are read at a time. */
const pageSize = 200;
/** A payment that began so recently may still be on its way to the provider. */
const underWayMs = 60_000;

/** What is to be compared, and whether that is all. */
export interface ReconcileWork {
  dryRun: boolean;
  since: Date;
  /** Stops between two payments. */
  signal: AbortSignal;
}

/** What was compared, and what did not agree. */
export interface ReconcileResult {
  checked: number;
  violations: PaymentViolation[];
}

/** A difference as found: everything of a violation but where. */
type Difference = Pick<PaymentViolation, "kind" | "expected" | "found">;

/**
 * Compares the provider's payments since a time with what the provider has: first all that the provider began since, then
 * ours that changed since and were not among them, each by itself. A payment that differs is read again on both
 * sides before it counts, since both move meanwhile. Then compares what buyers dispute. Holds one page of ours, and of the provider's, at a time.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function reconcilePayments(deps: PaymentDeps, work: ReconcileWork): Promise<ReconcileResult> {
  const { db, cards } = deps;
  const { since, signal } = work;
  const seen = new Set<string>();
  const violations: PaymentViolation[] = [];
  /** The payments with money, by order. */
  const holders = new Map<string, Set<string>>();
  const holds = (orderId: string, what: string) => {
    if (orderId !== "") holders.set(orderId, (holders.get(orderId) ?? new Set()).add(what));
  };
  let checked = 0;
  for await (const intent of cards.list({ since })) {
    signal.throwIfAborted();
    checked++;
    const { providerId } = intent.outcome;
    const payment = await ours(deps, intent);
    if (intent.captured > intent.refunded) holds(payment?.orderId ?? intent.orderId, providerId);
    if (payment === undefined) violations.push(...unknownToShop(intent));
    else {
      seen.add(payment.id);
      // A list does not tell what has come of a transfer.
      const whole = payment.viaProvider ? await cards.inspect(providerId) : intent;
      violations.push(...(await examine(deps, { payment, intent: whole, ...work })));
    }
  }
  for (let after = ""; ; ) {
    const page = await listChanged(db, { since, after, limit: pageSize });
    for (const payment of page) {
      if (seen.has(payment.id)) continue;
      signal.throwIfAborted();
      checked++;
      const intent = payment.providerId === null ? undefined : await cards.inspect(payment.providerId);
      if (intent !== undefined && intent.captured > intent.refunded) {
        holds(payment.orderId, intent.outcome.providerId);
      }
      violations.push(...(await examine(deps, { payment, intent, ...work })));
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    after = last.id;
  }
  for (const payment of await listHoldingMoney(db, [...holders.keys()])) {
    holds(payment.orderId, payment.providerId ?? payment.id);
  }
  violations.push(...(await reconcileDisputes(deps, work)));
  for (const [orderId, ids] of holders) {
    if (ids.size > 1) violations.push(await paidTwice(deps, { orderId, ids: [...ids] }));
  }
  return { checked, violations };
}

function ours({ db }: PaymentDeps, { outcome, paymentId }: CardIntent): Promise<Payment | undefined> {
  return paymentId === "" ? findPaymentByProviderId(db, outcome.providerId) : findPayment(db, paymentId);
}

/** Looks twice at a payment that differs; repairs it, and looks again, unless that is not wanted. */
async function examine(
  deps: PaymentDeps,
  { dryRun, ...first }: { payment: Payment; intent: CardIntent | undefined; dryRun: boolean },
): Promise<PaymentViolation[]> {
  const { db, cards, clock } = deps;
  const now = clock();
  if (differences({ ...first, now }).length === 0) return [];
  const { id } = first.payment;
  const look = async () => {
    const payment = await getExisting(db, id);
    const providerId = payment.providerId ?? first.intent?.outcome.providerId;
    const intent = providerId === undefined ? undefined : await cards.inspect(providerId);
    return { payment, intent };
  };
  const { payment, intent } = await look();
  const found = differences({ payment, intent, now });
  if (found.length === 0) return [];
  let left = found;
  if (!dryRun) {
    // Nothing is known of a call that never ended: asked for again it is made once, and learned of.
    if (intent !== undefined) await syncWithIntent(deps, payment, intent);
    else if (payment.state === "PROCESSING" && payment.providerId === null) await authorize(deps, payment);
    left = differences({ ...(await look()), now });
  }
  return found.map((difference) =>
    create(PaymentViolationSchema, {
      ...difference,
      paymentId: id,
      orderId: payment.orderId,
      providerId: payment.providerId ?? intent?.outcome.providerId ?? "",
      repaired: !left.some(({ kind }) => kind === difference.kind),
    }),
  );
}

/** States of ours in which the provider may say what it says. */
const agreeing: Readonly<Record<CardIntent["outcome"]["state"], readonly PaymentState[]>> = {
  PROCESSING: ["PROCESSING"],
  REQUIRES_ACTION: ["REQUIRES_ACTION"],
  AWAITING_TRANSFER: ["AWAITING_TRANSFER"],
  AUTHORIZED: ["AUTHORIZED"],
  CAPTURED: ["CAPTURED", "REFUNDED"],
  // A declined attempt may be given up, and one that was given up may be declined.
  FAILED: ["FAILED", "CANCELED"],
  // Of a transfer that was given up, the part that had come went back.
  CANCELED: ["CANCELED", "FAILED", "REFUNDED"],
};

function differences({
  payment,
  intent,
  now,
}: {
  payment: Payment;
  intent: CardIntent | undefined;
  now: Date;
}): Difference[] {
  const { state, amount, refunded } = payment;
  if (intent === undefined) {
    const began = now.getTime() - payment.createTime.getTime();
    // What failed or was given up may never have got there.
    const may = state === "FAILED" || state === "CANCELED" || (state === "PROCESSING" && began < underWayMs);
    return may ? [] : [{ kind: Kind.MISSING_AT_PROVIDER, expected: state, found: "nothing" }];
  }
  const { outcome, captured, transfer } = intent;
  const theirs = returnedOf(intent);
  const found: Difference[] = [];
  const returned = state === "REFUNDED" ? amount : refunded;
  if (!agreeing[outcome.state].includes(state)) {
    found.push({ kind: Kind.STATE_DIFFERS, expected: state, found: outcome.state });
  }
  const taken = state === "CAPTURED" || state === "REFUNDED" ? amount : 0n;
  if (transfer !== undefined) {
    const { received } = payment;
    if (received !== transfer.received) {
      found.push({
        kind: Kind.CAPTURED_DIFFERS,
        expected: String(received),
        found: String(transfer.received),
      });
    }
    // Money of a payment that has ended may be on its way back already.
  } else if (taken !== captured && !(taken === 0n && captured === returned)) {
    found.push({ kind: Kind.CAPTURED_DIFFERS, expected: String(taken), found: String(captured) });
  }
  if (refunded !== theirs) {
    found.push({ kind: Kind.REFUNDED_DIFFERS, expected: String(refunded), found: String(theirs) });
  }
  return found;
}

/** Money that the provider holds for nobody we know. It is for a person to say whose it is. */
function unknownToShop({ outcome, paymentId, orderId, captured, refunded }: CardIntent): PaymentViolation[] {
  if (captured <= refunded) return [];
  const { providerId } = outcome;
  const found = `${captured - refunded} taken`;
  const kind = Kind.UNKNOWN_TO_SHOP;
  return [
    create(PaymentViolationSchema, { kind, paymentId, orderId, providerId, expected: "nothing", found }),
  ];
}

/** Two payments of an order with money; repaired when the comparison above has given one of them back. */
async function paidTwice(
  { db, cards }: PaymentDeps,
  { orderId, ids }: { orderId: string; ids: string[] },
): Promise<PaymentViolation> {
  let holding = 0;
  for (const id of ids) {
    const intent = await cards.inspect(id);
    const payment = intent === undefined ? await findPayment(db, id) : undefined;
    const left =
      intent !== undefined
        ? intent.captured - intent.refunded
        : payment?.state === "CAPTURED"
          ? refundable(payment)
          : 0n;
    if (left > 0n) holding++;
  }
  return create(PaymentViolationSchema, {
    kind: Kind.ORDER_PAID_TWICE,
    orderId,
    expected: "one payment",
    found: ids.join(", "),
    repaired: holding <= 1,
  });
}
