import type { MethodImpl } from "@connectrpc/connect";
import { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import type { NotifyDeps } from "../service.ts";
import { liftSuppression } from "../store-suppression.ts";

/** Lifts a suppression. Safe to retry. Errors: REQUEST_ID_REUSED. */
export function deleteSuppression({
  db,
  clock,
}: NotifyDeps): MethodImpl<typeof NotifyService.method.deleteSuppression> {
  const method = NotifyService.method.deleteSuppression;
  return (request, ctx) =>
    db.transaction((tx) =>
      once(tx, keyedCall(method, request, ctx), async () => {
        await liftSuppression(tx, { id: request.suppressionId, now: clock() });
        return {};
      }),
    );
}
