import { randomInt } from "node:crypto";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { CreatePaymentRequest, PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import type { Db } from "../../../lib/db/index.ts";
import { isUniqueViolation } from "../../../lib/db/index.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { authorize, getExisting } from "../card-payment.ts";
import { toPaymentMessage } from "../convert.ts";
import { cardMethod, type Payment } from "../payment.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";
import { findLivePaymentId, insertPayment, type NewPayment } from "../store-payment.ts";

/** Starts to pay an order. Safe to retry: the attempt is recorded before the provider is asked. */
export function createPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.createPayment> {
  const { db, clock } = deps;
  return async (request) => {
    const wanted = toNewPayment(request, clock());
    const payment = await insertOnce(db, wanted);
    if (payment.method !== cardMethod || payment.state !== "PROCESSING") return toPaymentMessage(payment, []);
    return toPaymentMessage(await authorize(deps, payment), []);
  };
}

async function insertOnce(db: Db, wanted: NewPayment): Promise<Payment> {
  const { id, orderId } = wanted;
  let inserted: Payment | undefined;
  try {
    inserted = await insertPayment(db, wanted);
  } catch (err) {
    if (!isUniqueViolation(err, "payment_live_key")) throw err;
    const live = await findLivePaymentId(db, orderId);
    if (live !== id)
      throw fail("PAYMENT_LIVE", { order_id: orderId, payment_id: live ?? "" }, { cause: err });
  }
  if (inserted !== undefined) return inserted;
  const earlier = await getExisting(db, id);
  const same =
    earlier.orderId === orderId &&
    earlier.amount === wanted.amount &&
    earlier.currencyCode === wanted.currencyCode &&
    earlier.method === wanted.method &&
    earlier.source === wanted.source;
  if (!same) throw fail("PAYMENT_MISMATCH", { payment_id: id });
  return earlier;
}

function toNewPayment(request: CreatePaymentRequest, now: Date): NewPayment {
  const common = {
    id: request.paymentId,
    orderId: request.orderId,
    currencyCode: request.amount?.currencyCode ?? "",
    amount: request.amount?.amount ?? 0n,
    email: request.contact?.email ?? "",
  };
  if (request.method.case === "bankTransfer") {
    const { bank, timeLimit } = request.method.value;
    const limitMs = timeLimit === undefined ? 0 : durationMs(timeLimit);
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

/** A virtual account number of 16 digits, one per payment. */
function newAccountNumber(): string {
  return `88${String(randomInt(10 ** 7)).padStart(7, "0")}${String(randomInt(10 ** 7)).padStart(7, "0")}`;
}

/** What the buyer writes on the transfer; short enough for a bank's form. */
function newReference(): string {
  return `RL${newId("r").slice(-10).toUpperCase()}`;
}
