import type { MethodImpl } from "@connectrpc/connect";
import { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import type { NotifyDeps } from "../service.ts";
import { recordWords } from "../store-suppression.ts";
import { pagePolicy, unsubscribePage } from "../unsubscribe-page.ts";
import type { Unsubscribing } from "../unsubscribing.ts";

/** Stops notices of stock to an address. Safe to retry. Errors: UNSUBSCRIBE_TOKEN_INVALID, REQUEST_ID_REUSED. */
export function unsubscribe(
  deps: NotifyDeps,
  unsubscribing: Unsubscribing,
): MethodImpl<typeof NotifyService.method.unsubscribe> {
  const { db, clock } = deps;
  const method = NotifyService.method.unsubscribe;
  return async (request, ctx) => {
    const address = await unsubscribing.addressOf(request.token);
    ctx.responseHeader.set("content-security-policy", pagePolicy);
    return db.transaction((tx) =>
      once(tx, keyedCall(method, request, ctx), async () => {
        const word = { channel: "EMAIL", address, reason: "UNSUBSCRIBED", detail: "", active: true } as const;
        await recordWords(tx, [{ ...word, saidTime: clock() }]);
        return unsubscribePage(deps, { language: request.language, asking: false });
      }),
    );
  };
}
