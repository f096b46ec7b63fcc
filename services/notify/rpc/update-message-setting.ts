import type { MethodImpl } from "@connectrpc/connect";
import { NotifyService } from "../../../gen/rowlock/notify/v1/notify_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { fail } from "../reasons.ts";
import type { NotifyParts } from "../service.ts";
import { defaultSetting } from "../setting.ts";
import { putSetting } from "../store-setting.ts";
import { isOrder } from "../templates/defaults.ts";
import { eventNamed } from "../templates/events.ts";

const method = NotifyService.method.updateMessageSetting;

/** Changes how an event is told. Safe to retry. Errors: EVENT_NOT_FOUND, INVALID_ARGUMENT, REQUEST_ID_REUSED. */
export function updateMessageSetting({ db, customs }: NotifyParts): MethodImpl<typeof method> {
  return async (request, ctx) => {
    const { email, sms } = request;
    const event = eventNamed(request.event);
    if (event === undefined) throw fail("EVENT_NOT_FOUND", { event: request.event });
    if (sms === true && !isOrder(event)) {
      throw invalidArgument([{ field: "sms", description: "this is told by e-mail alone" }]);
    }
    const call = keyedCall(method, request, ctx);
    const setting = await db.transaction((tx) =>
      once(tx, call, () => putSetting(tx, { otherwise: defaultSetting(event), email, sms })),
    );
    customs.forget();
    return setting;
  };
}
