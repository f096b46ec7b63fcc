import { durationMs } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { CreatePaymentRequest, PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { checkCard } from "../../../lib/card-choice.ts";
import { isUniqueViolation } from "../../../lib/db/index.ts";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { answerWith } from "../answer.ts";
import { authorize } from "../card-payment.ts";
import { cardMethod, invalidMethod, type Payment } from "../payment.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";
import { findMethod } from "../store-method.ts";
import { findLivePaymentId, findPayment, insertPayment, type NewPayment } from "../store-payment.ts";
import { type AccountPrefixes, newAccountNumber, newReference } from "../transfer-numbers.ts";

/** Starts to pay an order. Safe to retry: the attempt is recorded before the provider is asked. */
export function createPayment(deps: PaymentDeps): MethodImpl<typeof PaymentService.method.createPayment> {
  const { db } = deps;
  return async (request) => {
    const wanted = toNewPayment(request, await sourceOf(deps, request), deps);
    const recorded = await insertOnce(deps, wanted);
    const payment = recorded.state === "PROCESSING" ? await authorize(deps, recorded) : recorded;
    if (payment.declineCode === invalidMethod) {
      throw fail("PAYMENT_METHOD_INVALID", { provider_message: payment.declineMessage });
    }
    return answerWith(db, payment);
  };
}

/** How often an insert is tried that a live attempt refused which has ended by the time it is looked for. */
const insertAttempts = 3;

/** Records the attempt, or returns the one that has its id. */
async function insertOnce({ db, accountPrefixes }: PaymentDeps, wanted: NewPayment): Promise<Payment> {
  const { id, orderId } = wanted;
  let payment = wanted;
  for (let attempt = 1; ; attempt++) {
    let refusal: unknown;
    try {
      const inserted = await insertPayment(db, payment);
      if (inserted !== undefined) return inserted;
    } catch (err) {
      if (isTaken(err) && attempt < insertAttempts) {
        payment = { ...payment, ...newNumbers(payment.method, accountPrefixes) };
        continue;
      }
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

/** Whether another transfer has the number that was made for this one. */
function isTaken(err: unknown): boolean {
  return (
    isUniqueViolation(err, "payment_account_number_key") || isUniqueViolation(err, "payment_reference_key")
  );
}

function newNumbers(
  bank: string,
  prefixes: AccountPrefixes,
): Pick<NewPayment, "accountNumber" | "reference"> {
  return { accountNumber: newAccountNumber(bank, prefixes), reference: newReference() };
}

function sameAttempt(earlier: Payment, wanted: NewPayment): Payment {
  const same =
    earlier.orderId === wanted.orderId &&
    earlier.amount === wanted.amount &&
    earlier.currencyCode === wanted.currencyCode &&
    earlier.method === wanted.method &&
    earlier.source === wanted.source &&
    earlier.saveMethod === wanted.saveMethod;
  if (!same) throw fail("PAYMENT_MISMATCH", { payment_id: wanted.id });
  return earlier;
}

/** The provider's name of the card that is to pay; empty for a transfer. @throws PAYMENT_METHOD_NOT_FOUND. */
async function sourceOf(
  { db }: Pick<PaymentDeps, "db">,
  { method, customerId, paymentId }: CreatePaymentRequest,
): Promise<string> {
  if (method.case !== "card") return "";
  checkCard(method.value);
  const { paymentMethod, savedPaymentMethodId: id } = method.value;
  if (id === "") return paymentMethod;
  const saved = await findMethod(db, { id, customerId });
  if (saved !== undefined) return saved.providerId;
  // Its customer may have deleted it since the attempt began, which goes on.
  const begun = await findPayment(db, paymentId);
  if (begun !== undefined) return begun.source;
  throw fail("PAYMENT_METHOD_NOT_FOUND", { payment_method_id: id });
}

function toNewPayment(
  request: CreatePaymentRequest,
  source: string,
  { clock, accountPrefixes, providerTransfers }: PaymentDeps,
): NewPayment {
  const common = {
    id: request.paymentId,
    orderId: request.orderId,
    currencyCode: request.amount?.currencyCode ?? "",
    amount: positive("amount.amount", request.amount?.amount ?? 0n),
    email: request.contact?.email ?? "",
    customerId: "",
    saveMethod: false,
  };
  if (request.method.case === "bankTransfer") {
    const { bank, timeLimit } = request.method.value;
    const limitMs = positive("bank_transfer.time_limit", timeLimit === undefined ? 0 : durationMs(timeLimit));
    const transfer = { ...common, method: bank, source: "", deadline: new Date(clock().getTime() + limitMs) };
    return providerTransfers.includes(bank)
      ? { ...transfer, state: "PROCESSING", viaProvider: true, accountNumber: null, reference: null }
      : { ...transfer, state: "AWAITING_TRANSFER", viaProvider: false, ...newNumbers(bank, accountPrefixes) };
  }
  return {
    ...common,
    state: "PROCESSING",
    method: cardMethod,
    source,
    ...savingOf(request),
    accountNumber: null,
    reference: null,
    viaProvider: false,
    deadline: null,
  };
}

/** Whose card it is, or becomes: nobody's, unless it is saved. */
function savingOf({
  method,
  customerId,
}: CreatePaymentRequest): Pick<NewPayment, "customerId" | "saveMethod"> {
  if (method.case !== "card") return { customerId: "", saveMethod: false };
  const { savedPaymentMethodId, savePaymentMethod: saveMethod } = method.value;
  if (savedPaymentMethodId === "" && !saveMethod) return { customerId: "", saveMethod };
  if (customerId === "") throw invalidArgument([{ field: "customer_id", description: "value is required" }]);
  return { customerId, saveMethod };
}

function positive<T extends number | bigint>(field: string, value: T): T {
  if (value <= 0) throw invalidArgument([{ field, description: "must be more than 0" }]);
  return value;
}
