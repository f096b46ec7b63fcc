import { toBinary } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { type NotifyService, NotifyStockRequestSchema } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { fingerprintOf } from "../../../lib/idempotency/idempotency.ts";
import { toMessage } from "../convert.ts";
import { deliver, settle } from "../deliver.ts";
import type { NotifyDeps } from "../service.ts";
import { stockDraft } from "../stock-draft.ts";
import type { Unsubscribing } from "../unsubscribing.ts";

/**
 * Tells the recipient, or each of the staff, what happened to stock; once per
 * event_key and recipient. Without a recipient and staff nothing is sent.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_IN_PROGRESS.
 */
export function notifyStock(
  deps: NotifyDeps,
  unsubscribing: Unsubscribing,
): MethodImpl<typeof NotifyService.method.notifyStock> {
  const staff = [...new Set(deps.staffEmails ?? [])];
  return async (req, ctx) => {
    const { eventKey, kind, items } = req;
    const fingerprint = fingerprintOf(NotifyStockRequestSchema, req);
    const source = { kind: "STOCK", request: toBinary(NotifyStockRequestSchema, req) } as const;
    const told =
      req.email === ""
        ? staff.map((to) => ({ to, key: `${eventKey}:${to}` }))
        : [{ to: req.email, key: eventKey }];
    const outcomes = await Promise.allSettled(
      told.map(async ({ to, key }) => {
        const draft = await stockDraft({ ...deps, unsubscribing }, { to, kind, items });
        return deliver(deps, ctx, { event: { key, orderId: "", fingerprint, source }, drafts: [draft] });
      }),
    );
    return { messages: settle(outcomes).flat().map(toMessage) };
  };
}
