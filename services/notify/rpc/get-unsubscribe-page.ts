import type { MethodImpl } from "@connectrpc/connect";
import type { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import type { NotifyDeps } from "../service.ts";
import { pagePolicy, unsubscribePage } from "../unsubscribe-page.ts";
import type { Unsubscribing } from "../unsubscribing.ts";

/** Shows the page that asks whether notices are to stop. Errors: UNSUBSCRIBE_TOKEN_INVALID. */
export function getUnsubscribePage(
  deps: NotifyDeps,
  unsubscribing: Unsubscribing,
): MethodImpl<typeof NotifyService.method.getUnsubscribePage> {
  return async ({ token, language }, { responseHeader }) => {
    await unsubscribing.addressOf(token);
    responseHeader.set("content-security-policy", pagePolicy);
    return unsubscribePage(deps, { language, asking: true });
  };
}
