import type { OrderTemplate, StockTemplate } from "../events.ts";

/** The words of an e-mail, each a Liquid template. */
export interface Headline {
  subject: string;
  title: string;
  /** One or two sentences; what the inbox shows besides the subject, too. */
  lead: string;
}

/**
 * All that is said in one language. Each is a Liquid template that stands in text and in HTML alike: without markup,
 * and without `&` and `<`. Amounts and dates come written as the language does.
 */
export interface Words {
  orders: Readonly<Record<OrderTemplate, Headline & { sms: string }>>;
  stock: Readonly<Record<StockTemplate, Headline & { footer: string }>>;
  /** The page on which notices are stopped: before and after. */
  unsubscribe: Readonly<Record<"asking" | "stopped", Omit<Headline, "subject">> & { button: string }>;
  orderLabels: Readonly<Record<OrderLabel, string>>;
  stockLabels: Readonly<Record<"sku" | "available" | "threshold" | "unsubscribe", string>>;
}

type OrderLabel =
  | "reason"
  | "amount"
  | "bank"
  | "held_until"
  | "pay_now"
  | "not_chosen"
  | "holder"
  | "account_number"
  | "bic"
  | "bank_code"
  | "branch_code"
  | "account_type"
  | "reference"
  | "pay_before"
  | "carrier"
  | "track"
  | "label_pdf"
  | "items"
  | "discount"
  | "shipping"
  | "shipping_discount"
  | "taxes"
  | "total"
  | "included_taxes"
  | "pick_up"
  | "pick_up_words"
  | "goes_to"
  | "order"
  | "footer";
