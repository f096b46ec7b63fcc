import type { MethodImpl } from "@connectrpc/connect";
import { type NotifyService, NotifyStockRequestSchema } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { toMessage } from "../convert.ts";
import { deliver, settle } from "../deliver.ts";
import type { Draft } from "../message.ts";
import type { NotifyDeps } from "../service.ts";
import { stockEmail } from "../templates/stock-email.ts";

/**
 * Tells the recipient, or each of the staff, what happened to stock; once per
 * event_key and recipient. Without a recipient and staff nothing is sent.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_IN_PROGRESS.
 */
export function notifyStock(deps: NotifyDeps): MethodImpl<typeof NotifyService.method.notifyStock> {
  const shopName = deps.shopName ?? "Rowlock";
  const staff = [...new Set(deps.staffEmails ?? [])];
  return async (req, ctx) => {
    const { eventKey, kind, items } = req;
    const fingerprint = fingerprintOf(NotifyStockRequestSchema, req);
    const mail = stockEmail({ shopName, kind, items });
    const told =
      req.email === ""
        ? staff.map((to) => ({ to, key: `${eventKey}:${to}` }))
        : [{ to: req.email, key: eventKey }];
    const outcomes = await Promise.allSettled(
      told.map(({ to, key }) => {
        const draft: Draft = { channel: "EMAIL", to, from: "", ...mail };
        return deliver(deps, ctx, { event: { key, orderId: "", fingerprint }, drafts: [draft] });
      }),
    );
    return { messages: settle(outcomes).flat().map(toMessage) };
  };
}
