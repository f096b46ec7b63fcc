import type { MethodImpl } from "@connectrpc/connect";
import { NotifyOrderRequestSchema, type NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { MoneyError } from "../../../lib/money/money.ts";
import { toMessage } from "../convert.ts";
import { deliver, withdrawEvent } from "../deliver.ts";
import { type Draft, smsDraft } from "../message.ts";
import type { NotifyDeps } from "../service.ts";
import { orderEmail } from "../templates/order-email.ts";
import type { OrderNews } from "../templates/order-news.ts";
import { orderSms } from "../templates/order-sms.ts";

/**
 * Tells a customer what happened to an order, by e-mail and, with a phone
 * number, by text message; once per event_key and channel.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_IN_PROGRESS.
 */
export function notifyOrder(deps: NotifyDeps): MethodImpl<typeof NotifyService.method.notifyOrder> {
  const shopName = deps.shopName ?? "Rowlock";
  return async (req, ctx) => {
    const { eventKey, kind, contact, order } = req;
    // The validation rules require both; a caller that gets past them is told so, too.
    if (contact === undefined)
      throw invalidArgument([{ field: "contact", description: "value is required" }]);
    if (order === undefined) throw invalidArgument([{ field: "order", description: "value is required" }]);
    const drafts = draftsOf({ shopName, kind, order }, contact);
    if (req.withdraw) return { messages: (await withdrawEvent(deps, { eventKey, drafts })).map(toMessage) };
    const event = {
      key: eventKey,
      orderId: order.orderId,
      fingerprint: fingerprintOf(NotifyOrderRequestSchema, req),
    };
    return { messages: (await deliver(deps, ctx, { event, drafts })).map(toMessage) };
  };
}

/** Errors: INVALID_ARGUMENT when an amount cannot be written. */
function draftsOf(news: OrderNews, { email, phone }: { email: string; phone: string }): Draft[] {
  try {
    const mail: Draft = { channel: "EMAIL", to: email, from: "", ...orderEmail(news) };
    return phone === "" ? [mail] : [mail, smsDraft({ to: phone, text: orderSms(news) })];
  } catch (err) {
    if (!(err instanceof MoneyError)) throw err;
    throw invalidArgument([{ field: "order", description: err.message }]);
  }
}
