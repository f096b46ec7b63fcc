import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { MessageSchema } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { fingerprintOf, type KeyedCall, keyedCall } from "../../lib/idempotency/idempotency.ts";
import { keyed } from "../../lib/idempotency/keyed.ts";
import { newId } from "../../lib/ids/ids.ts";
import { toMessage } from "./convert.ts";
import { deliver, type Event } from "./deliver.ts";
import type { Draft, Message } from "./message.ts";
import { fail } from "./reasons.ts";
import type { NotifyDeps } from "./service.ts";

/** The one message of an event, unless its recipient is suppressed. Errors: MESSAGE_SUPPRESSED. */
export function requireSent([message]: readonly Message[]): Message {
  if (message === undefined) throw new Error("a message went out without a record");
  if (message.state !== "SUPPRESSED") return message;
  throw fail("MESSAGE_SUPPRESSED", { channel: message.channel, why: message.error });
}

/**
 * Sends a message of the staff's own: one per caller and request_id, or without one an event of its own each time. The
 * key gives repetitions the first answer; the event, which is never forgotten, keeps the message from going out twice.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_REFUSED, MESSAGE_SUPPRESSED, MESSAGE_IN_PROGRESS, REQUEST_ID_REUSED.
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
  const call = keyedCall(method, request, ctx);
  const event: Event = {
    key: `request:${call.caller}:${requestId || newId("req")}`,
    orderId: "",
    fingerprint: fingerprintOf(method.input, request),
    requestId,
  };
  return keyed({ db, clock, ...call }, async () => {
    return toMessage(requireSent(await deliver(deps, ctx, { event, drafts: [draft] })));
  });
}
