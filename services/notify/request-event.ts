import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { MessageSchema } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { callerKey, fingerprintOf, type KeyedCall } from "../../lib/idempotency/idempotency.ts";
import { keyed } from "../../lib/idempotency/keyed.ts";
import { newId } from "../../lib/ids/ids.ts";
import { toMessage } from "./convert.ts";
import { deliver, type Event } from "./deliver.ts";
import type { Draft } from "./message.ts";
import type { NotifyDeps } from "./service.ts";

/**
 * Sends a message of the staff's own: one per caller and request_id, or without one an event of its own each time. The
 * key gives repetitions the first answer; the event, which is never forgotten, keeps the message from going out twice.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_IN_PROGRESS, REQUEST_ID_REUSED.
 */
export function deliverOnce<I extends DescMessage>(
  deps: NotifyDeps,
  ctx: HandlerContext,
  {
    method,
    request,
    draft,
  }: {
    method: KeyedCall<I, typeof MessageSchema>["method"];
    request: MessageShape<I> & { requestId: string };
    draft: Draft;
  },
): Promise<MessageShape<typeof MessageSchema>> {
  const { db, clock } = deps;
  const { requestId } = request;
  const caller = callerKey(ctx);
  const event: Event = {
    key: `request:${caller}:${requestId || newId("req")}`,
    orderId: "",
    fingerprint: fingerprintOf(method.input, request),
    requestId,
  };
  return keyed({ db, clock, signal: ctx.signal, method, caller, key: requestId, request }, async () => {
    const [message] = await deliver(deps, ctx, { event, drafts: [draft] });
    if (message === undefined) throw new Error("a message went out without a record");
    return toMessage(message);
  });
}
