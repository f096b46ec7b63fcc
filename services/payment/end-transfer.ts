import type { Payment as PaymentMessage } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { answerWith } from "./answer.ts";
import { getExisting } from "./card-payment.ts";
import { changeAndTell } from "./order-link.ts";
import { cardMethod, type PaymentState } from "./payment.ts";
import { fail } from "./reasons.ts";
import type { PaymentDeps } from "./service.ts";
import { movePayment } from "./store-payment.ts";

/**
 * Ends the waiting for a bank transfer and has Order act on it; answers with
 * the payment as it stands after that: an order that could no longer take the
 * money has given it back. A payment in one of the `reached` states is the
 * answer to a repeated call.
 *
 * @throws PAYMENT_NOT_FOUND, PAYMENT_NOT_AWAITING_TRANSFER.
 */
export async function endTransfer(
  deps: PaymentDeps,
  {
    reached,
    ...change
  }: {
    id: string;
    to: "CAPTURED" | "FAILED";
    reached: readonly PaymentState[];
    declineCode?: string;
    declineMessage?: string;
  },
): Promise<PaymentMessage> {
  const changed = await changeAndTell(deps, (tx) =>
    movePayment(tx, { ...change, from: ["AWAITING_TRANSFER"] }),
  );
  const payment = await getExisting(deps.db, change.id);
  const { id, state, method } = payment;
  if (!changed && (method === cardMethod || !reached.includes(state))) {
    throw fail("PAYMENT_NOT_AWAITING_TRANSFER", { payment_id: id, state });
  }
  return answerWith(deps.db, payment);
}
