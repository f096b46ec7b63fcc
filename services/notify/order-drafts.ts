import type { NotifyOrderRequest } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { MoneyError } from "../../lib/money/money.ts";
import { type Draft, smsDraft } from "./message.ts";
import { orderEmail } from "./templates/order-email.ts";
import { orderSms } from "./templates/order-sms.ts";

/**
 * What a customer is to be told of an order: an e-mail, and a text message to a phone whose owner did not say no.
 * Errors: INVALID_ARGUMENT when an amount cannot be written.
 */
export function orderDrafts({
  shopName,
  kind,
  contact,
  order,
}: { shopName: string } & Pick<NotifyOrderRequest, "kind" | "contact" | "order">): Draft[] {
  // The validation rules require both; a caller that gets past them is told so, too.
  if (contact === undefined) throw invalidArgument([{ field: "contact", description: "value is required" }]);
  if (order === undefined) throw invalidArgument([{ field: "order", description: "value is required" }]);
  const { email, phone, smsOptIn = true } = contact;
  const news = { shopName, kind, order };
  try {
    const mail: Draft = { channel: "EMAIL", to: email, from: "", ...orderEmail(news) };
    return phone !== "" && smsOptIn ? [mail, smsDraft({ to: phone, text: orderSms(news) })] : [mail];
  } catch (err) {
    if (!(err instanceof MoneyError)) throw err;
    throw invalidArgument([{ field: "order", description: err.message }]);
  }
}
