import { toBinary } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { NotifyOrderRequestSchema, type NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { toMessage } from "../convert.ts";
import { deliver, type Event, withdrawEvent } from "../deliver.ts";
import { orderDrafts } from "../order-drafts.ts";
import type { NotifyParts } from "../service.ts";
import { allows, settingOf } from "../setting.ts";
import { orderTemplateOf } from "../templates/events.ts";

/**
 * Tells a customer what happened to an order, by e-mail and, with a phone
 * number, by text message, as the shop has set; once per event_key and channel.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_IN_PROGRESS.
 */
export function notifyOrder(parts: NotifyParts): MethodImpl<typeof NotifyService.method.notifyOrder> {
  return async (req, ctx) => {
    const { eventKey, kind, order } = req;
    const setting = settingOf((await parts.customs.get()).settings, orderTemplateOf(kind));
    if (!setting.email && !setting.sms && !req.withdraw) return { messages: [] };
    const drafts = await orderDrafts(parts, req);
    if (req.withdraw) return { messages: (await withdrawEvent(parts, { eventKey, drafts })).map(toMessage) };
    const event: Event = {
      key: eventKey,
      orderId: order?.orderId ?? "",
      fingerprint: fingerprintOf(NotifyOrderRequestSchema, req),
      source: { kind: "ORDER", request: toBinary(NotifyOrderRequestSchema, req) },
    };
    const wanted = drafts.filter(({ channel }) => allows(setting, channel));
    return { messages: (await deliver(parts, ctx, { event, drafts: wanted })).map(toMessage) };
  };
}
