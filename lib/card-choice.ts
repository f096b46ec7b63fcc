import { invalidArgument } from "./errors/reasons.ts";

/**
 * Whether a card is given in one way. No rule of the contract: a rule on a whole message would have each purchase
 * validated by an interpreter.
 *
 * @throws INVALID_ARGUMENT.
 */
export function checkCard(card: {
  paymentMethod: string;
  savedPaymentMethodId: string;
  savePaymentMethod: boolean;
}): void {
  const isSaved = card.savedPaymentMethodId !== "";
  if (isSaved === (card.paymentMethod !== "")) {
    const description = "exactly one of payment_method and saved_payment_method_id is required";
    throw invalidArgument([{ field: "card", description }]);
  }
  if (isSaved && card.savePaymentMethod) {
    const description = "a saved payment method is not saved again";
    throw invalidArgument([{ field: "card.save_payment_method", description }]);
  }
}
