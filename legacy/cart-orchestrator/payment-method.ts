/** Under which name a cart, and its order, keep the bank's method by which they are paid. */
const key = "payment_method";

/** The method that a cart or an order keeps; empty when the client named none. */
export function paymentMethodOf({ metadata }: { metadata: Record<string, string> }): string {
  return metadata[key] ?? "";
}

/** What a cart keeps for it. */
export function withPaymentMethod(method: string): Record<string, string> {
  return method === "" ? {} : { [key]: method };
}
