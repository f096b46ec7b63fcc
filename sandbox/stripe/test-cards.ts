/** What a bank answers to a charge. `decline` carries Stripe's code and decline code. */
export type CardBehaviour =
  /** Pays; once the money is taken its owner disputes the charge, or only inquires. */
  | { kind: "approve"; dispute?: { reason: string; inquiry: boolean } }
  | { kind: "decline"; code: string; declineCode?: string; message: string }
  /** Asks for authentication on every payment; `after` is the bank's answer after it. */
  | { kind: "challenge"; after: CardBehaviour };

export interface TestCard {
  /** The part after `pm_card_` and `tok_`. */
  readonly name: string;
  readonly number: string;
  readonly brand: "visa" | "mastercard" | "amex" | "discover";
  readonly funding: "credit" | "debit" | "prepaid";
  readonly country: string;
  readonly behaviour: CardBehaviour;
}

const approve: CardBehaviour = { kind: "approve" };
const declined = "Your card was declined.";

function disputing(reason: string, inquiry = false): CardBehaviour {
  return { kind: "approve", dispute: { reason, inquiry } };
}

function decline(code: string, declineCode: string | undefined, message: string): CardBehaviour {
  return { kind: "decline", code, message, ...(declineCode && { declineCode }) };
}

function card(
  name: string,
  number: string,
  behaviour: CardBehaviour,
  rest: Partial<TestCard> = {},
): TestCard {
  return { name, number, brand: "visa", funding: "credit", country: "US", behaviour, ...rest };
}

/** Stripe's test cards (docs.stripe.com/testing), by the names their payment methods and tokens have. */
export const TEST_CARDS: readonly TestCard[] = [
  card("visa", "4242424242424242", approve),
  card("visa_debit", "4000056655665556", approve, { funding: "debit" }),
  card("mastercard", "5555555555554444", approve, { brand: "mastercard" }),
  card("mastercard_debit", "5200828282828210", approve, { brand: "mastercard", funding: "debit" }),
  card("mastercard_prepaid", "5105105105105100", approve, { brand: "mastercard", funding: "prepaid" }),
  card("amex", "378282246310005", approve, { brand: "amex" }),
  card("discover", "6011111111111117", approve, { brand: "discover" }),
  card("chargeDeclined", "4000000000000002", decline("card_declined", "generic_decline", declined)),
  card(
    "chargeDeclinedInsufficientFunds",
    "4000000000009995",
    decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
  ),
  card("chargeDeclinedLostCard", "4000000000009987", decline("card_declined", "lost_card", declined)),
  card("chargeDeclinedStolenCard", "4000000000009979", decline("card_declined", "stolen_card", declined)),
  card(
    "chargeDeclinedExpiredCard",
    "4000000000000069",
    decline("expired_card", undefined, "Your card has expired."),
  ),
  card(
    "chargeDeclinedIncorrectCvc",
    "4000000000000127",
    decline("incorrect_cvc", undefined, "Your card's security code is incorrect."),
  ),
  card(
    "chargeDeclinedProcessingError",
    "4000000000000119",
    decline(
      "processing_error",
      undefined,
      "An error occurred while processing your card. Try again in a little bit.",
    ),
  ),
  card(
    "chargeDeclinedVelocityLimitExceeded",
    "4000000000006975",
    decline(
      "card_declined",
      "card_velocity_exceeded",
      "Your card was declined for making repeated attempts too frequently.",
    ),
  ),
  card("chargeDeclinedFraudulent", "4100000000000019", decline("card_declined", "fraudulent", declined)),
  card("createDispute", "4000000000000259", disputing("fraudulent")),
  card("createDisputeProductNotReceived", "4000000000002685", disputing("product_not_received")),
  card("createDisputeInquiry", "4000000000001976", disputing("fraudulent", true)),
  card("authenticationRequired", "4000002760003184", { kind: "challenge", after: approve }),
  card("authenticationRequiredOnSetup", "4000002500003155", { kind: "challenge", after: approve }),
  card("threeDSecure2Required", "4000000000003220", { kind: "challenge", after: approve }),
  card("threeDSecureRequiredChargeDeclined", "4000008400001629", {
    kind: "challenge",
    after: decline("card_declined", "generic_decline", declined),
  }),
  card("authenticationRequiredChargeDeclinedInsufficientFunds", "4000008260003178", {
    kind: "challenge",
    after: decline("card_declined", "insufficient_funds", "Your card has insufficient funds."),
  }),
];

const byName = new Map(TEST_CARDS.map((entry) => [entry.name, entry]));
const byNumber = new Map(TEST_CARDS.map((entry) => [entry.number, entry]));

export function cardByName(name: string): TestCard | undefined {
  return byName.get(name);
}

export function cardByNumber(number: string): TestCard | undefined {
  return byNumber.get(number);
}

/** The check digit of ISO/IEC 7812 (Luhn). */
export function isCardNumber(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false;
  let sum = 0;
  for (const [index, digit] of [...number].reverse().entries()) {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}
