import { toBinary } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { type NotifyService, NotifyStockRequestSchema } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { toMessage } from "../convert.ts";
import { deliver, settle } from "../deliver.ts";
import type { NotifyParts } from "../service.ts";
import { settingOf } from "../setting.ts";
import { stockDraft } from "../stock-draft.ts";
import { stockTemplateOf } from "../templates/events.ts";
import type { Unsubscribing } from "../unsubscribing.ts";

/**
 * Tells the recipient, or each of the staff, what happened to stock; once per
 * event_key and recipient. Without a recipient and staff, or when the shop does not tell it, nothing is sent.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_IN_PROGRESS.
 */
export function notifyStock(
  parts: NotifyParts,
  unsubscribing: Unsubscribing,
): MethodImpl<typeof NotifyService.method.notifyStock> {
  const staff = [...new Set(parts.staffEmails ?? [])];
  return async (req, ctx) => {
    const { eventKey, kind, items, language } = req;
    const { email } = settingOf((await parts.customs.get()).settings, stockTemplateOf(kind));
    if (!email) return { messages: [] };
    const fingerprint = fingerprintOf(NotifyStockRequestSchema, req);
    const source = { kind: "STOCK", request: toBinary(NotifyStockRequestSchema, req) } as const;
    const told =
      req.email === ""
        ? staff.map((to) => ({ to, key: `${eventKey}:${to}` }))
        : [{ to: req.email, key: eventKey }];
    const outcomes = await Promise.allSettled(
      told.map(async ({ to, key }) => {
        const draft = await stockDraft({ ...parts, unsubscribing }, { to, kind, items, language });
        return deliver(parts, ctx, { event: { key, orderId: "", fingerprint, source }, drafts: [draft] });
      }),
    );
    return { messages: settle(outcomes).flat().map(toMessage) };
  };
}
