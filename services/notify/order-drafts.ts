import type { NotifyOrderRequest } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { MoneyError } from "../../lib/money/money.ts";
import { compose } from "./compose.ts";
import { type Draft, smsDraft } from "./message.ts";
import type { NotifyParts } from "./service.ts";
import { orderTemplateOf } from "./templates/events.ts";
import { orderVariables } from "./templates/view.ts";

/**
 * What a customer is to be told of an order: an e-mail, and a text message to a phone whose owner did not say no.
 * Errors: INVALID_ARGUMENT when an amount cannot be written.
 */
export async function orderDrafts(
  parts: NotifyParts,
  { kind, contact, order }: Pick<NotifyOrderRequest, "kind" | "contact" | "order">,
): Promise<Draft[]> {
  // The validation rules require both; a caller that gets past them is told so, too.
  if (contact === undefined) throw invalidArgument([{ field: "contact", description: "value is required" }]);
  if (order === undefined) throw invalidArgument([{ field: "order", description: "value is required" }]);
  const { email, phone, smsOptIn = true, language } = contact;
  try {
    const { subject, html, text, sms } = await compose(parts, {
      event: orderTemplateOf(kind),
      language,
      variables: (manner) => orderVariables({ kind, order }, manner),
    });
    const mail: Draft = { channel: "EMAIL", to: email, from: "", subject, html, text };
    return phone !== "" && smsOptIn ? [mail, smsDraft({ to: phone, text: sms })] : [mail];
  } catch (err) {
    if (!(err instanceof MoneyError)) throw err;
    throw invalidArgument([{ field: "order", description: err.message }]);
  }
}
