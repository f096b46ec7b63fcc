import type { MethodImpl } from "@connectrpc/connect";
import type { WebhookService } from "../../../gen/rowlock/webhook/v1/webhook_pb.js";
import type { WebhookParts } from "../service.ts";
import { eraseSubjects } from "../store-event.ts";

/** Blots out the data of events about these orders; what is still to be sent of them is sent without. Safe to retry. */
export function eraseEvents({ db }: WebhookParts): MethodImpl<typeof WebhookService.method.eraseEvents> {
  return async ({ orderIds }) => {
    await db.transaction((tx) => eraseSubjects(tx, orderIds));
    return {};
  };
}
