import { randomInt } from "node:crypto";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { CreatePaymentRequest, PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import type { Db } from "../../../lib/db/index.ts";
import { isUniqueViolation } from "../../../lib/db/index.ts";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { answerWith } from "../answer.ts";
import { authorize } from "../card-payment.ts";
import { cardMethod, invalidMethod, type Payment } from "../payment.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";
import { findLivePaymentId, findPayment, insertPayment, type NewPayment } from "../store-payment.ts";

/** Starts to pay an order. Safe to retry: the attempt is recorded before the provider is asked. */
export function createPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.createPayment> {
  const { db, clock } = deps;
  return async (request) => {
    const recorded = await insertOnce(db, toNewPayment(request, clock()));
    const waits = recorded.method === cardMethod && recorded.state === "PROCESSING";
    const payment = waits ? await authorize(deps, recorded) : recorded;
    if (payment.declineCode === invalidMethod) {
      throw fail("PAYMENT_METHOD_INVALID", { provider_message: payment.declineMessage });
    }
    return answerWith(db, payment);
  };
}

/** How often an insert is tried that a live attempt refused which has ended by the time it is looked for. */
const insertAttempts = 3;

/** Records the attempt, or returns the one that has its id. */
async function insertOnce(db: Db, wanted: NewPayment): Promise<Payment> {
  const { id, orderId } = wanted;
  for (let attempt = 1; ; attempt++) {
    let refusal: unknown;
    try {
      const inserted = await insertPayment(db, wanted);
      if (inserted !== undefined) return inserted;
    } catch (err) {
      if (!isUniqueViolation(err, "payment_live_key")) throw err;
      refusal = err;
    }
    // An identical call at the same moment may trip over the live attempt's key, too.
    const earlier = await findPayment(db, id);
    if (earlier !== undefined) return sameAttempt(earlier, wanted);
    const live = await findLivePaymentId(db, orderId);
    if (live !== undefined || attempt === insertAttempts) {
      throw fail("PAYMENT_LIVE", { order_id: orderId, payment_id: live ?? "" }, { cause: refusal });
    }
  }
}

function sameAttempt(earlier: Payment, wanted: NewPayment): Payment {
  const same =
    earlier.orderId === wanted.orderId &&
    earlier.amount === wanted.amount &&
    earlier.currencyCode === wanted.currencyCode &&
    earlier.method === wanted.method &&
    earlier.source === wanted.source;
  if (!same) throw fail("PAYMENT_MISMATCH", { payment_id: wanted.id });
  return earlier;
}

function toNewPayment(request: CreatePaymentRequest, now: Date): NewPayment {
  const common = {
    id: request.paymentId,
    orderId: request.orderId,
    currencyCode: request.amount?.currencyCode ?? "",
    amount: positive("amount.amount", request.amount?.amount ?? 0n),
    email: request.contact?.email ?? "",
  };
  if (request.method.case === "bankTransfer") {
    const { bank, timeLimit } = request.method.value;
    const limitMs = positive("bank_transfer.time_limit", timeLimit === undefined ? 0 : durationMs(timeLimit));
    return {
      ...common,
      state: "AWAITING_TRANSFER",
      method: bank,
      source: "",
      accountNumber: newAccountNumber(),
      reference: newReference(),
      deadline: new Date(now.getTime() + limitMs),
    };
  }
  return {
    ...common,
    state: "PROCESSING",
    method: cardMethod,
    source: request.method.case === "card" ? request.method.value.paymentMethod : "",
    accountNumber: null,
    reference: null,
    deadline: null,
  };
}

function positive<T extends number | bigint>(field: string, value: T): T {
  if (value <= 0) throw invalidArgument([{ field, description: "must be more than 0" }]);
  return value;
}

/** A virtual account number of 16 digits, one per payment. */
function newAccountNumber(): string {
  return `88${String(randomInt(10 ** 7)).padStart(7, "0")}${String(randomInt(10 ** 7)).padStart(7, "0")}`;
}

/** What the buyer writes on the transfer; short enough for a bank's form. */
function newReference(): string {
  return `RL${newId("r").slice(-10).toUpperCase()}`;
}
