import type { MethodImpl } from "@connectrpc/connect";
import { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { fail } from "../reasons.ts";
import type { NotifyParts } from "../service.ts";
import { putOverride } from "../store-template.ts";
import { checkedParts, givenParts, templateKey, toTemplate } from "../template.ts";

const method = NotifyService.method.updateTemplate;

/**
 * Puts the shop's templates in place of Rowlock's: of two updates with the same etag the second finds another one and
 * fails. Safe to retry with a request_id, etag or not.
 * Errors: TEMPLATE_NOT_FOUND, LANGUAGE_INVALID, TEMPLATE_INVALID, ETAG_MISMATCH, REQUEST_ID_REUSED.
 */
export function updateTemplate(parts: NotifyParts): MethodImpl<typeof method> {
  const { db, clock, customs } = parts;
  return async (request, ctx) => {
    const key = templateKey(request);
    const given = givenParts(request.override);
    checkedParts(parts, key, given);
    const call = keyedCall(method, request, ctx);
    const updated = await db.transaction((tx) =>
      once(tx, call, async () => {
        const override = { ...key, ...given, etag: newId("etag"), updateTime: clock() };
        const written = await putOverride(tx, { override, present: request.etag });
        const template = written && toTemplate(key, written);
        if (template === undefined) throw fail("ETAG_MISMATCH", { ...key });
        return template;
      }),
    );
    customs.forget();
    return updated;
  };
}
