import type { MethodImpl } from "@connectrpc/connect";
import { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { fail } from "../reasons.ts";
import type { NotifyParts } from "../service.ts";
import { deleteOverride, findOverride } from "../store-template.ts";
import { templateKey } from "../template.ts";

const method = NotifyService.method.deleteTemplate;

/**
 * Goes back to Rowlock's templates. Safe to retry.
 * Errors: TEMPLATE_NOT_FOUND for no event of ours, LANGUAGE_INVALID, ETAG_MISMATCH, REQUEST_ID_REUSED.
 */
export function deleteTemplate({ db, customs }: NotifyParts): MethodImpl<typeof method> {
  return async (request, ctx) => {
    const key = templateKey(request);
    const call = keyedCall(method, request, ctx);
    const deleted = await db.transaction((tx) =>
      once(tx, call, async () => {
        await deleteOverride(tx, { ...key, present: request.etag });
        const isOther = request.etag !== "" && (await findOverride(tx, key)) !== undefined;
        if (isOther) throw fail("ETAG_MISMATCH", { ...key });
        return {};
      }),
    );
    customs.forget();
    return deleted;
  };
}
