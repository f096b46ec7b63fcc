import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { fingerprintOf } from "../../lib/idempotency/idempotency.ts";
import { newId } from "../../lib/ids/ids.ts";
import { callerOf } from "../../lib/rpc/index.ts";
import type { Event } from "./deliver.ts";

/**
 * The event that a request of the staff's own stands for: known by caller and
 * request_id, or without one an event of its own each time.
 */
export function requestEvent<D extends DescMessage>(
  ctx: HandlerContext,
  schema: D,
  request: MessageShape<D> & { requestId: string },
): Event {
  const { kind, id } = callerOf(ctx);
  const { requestId } = request;
  const key = requestId === "" ? newId("req") : requestId;
  return {
    key: `request:${kind}:${id}:${key}`,
    orderId: "",
    fingerprint: fingerprintOf(schema, request),
    requestId,
  };
}
