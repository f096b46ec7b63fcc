import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { getExisting } from "./access.ts";
import type { InstructJob } from "./jobs.ts";
import type { OrderDeps } from "./service.ts";
import { tellCustomer } from "./tell.ts";

/**
 * Tells the customer where to transfer the money. When it is no longer waited
 * for, nobody is told any more, and what an interrupted attempt left is ended.
 */
export async function instructBuyer(deps: OrderDeps, { orderId, paymentId }: InstructJob): Promise<void> {
  const order = await getExisting(deps.db, orderId);
  const isAwaited = order.paymentId === paymentId && order.paymentState === "AWAITING_TRANSFER";
  await tellCustomer(deps, order, {
    eventKey: `${orderId}:instructions:${paymentId}`,
    kind: OrderEventKind.PAYMENT_INSTRUCTIONS,
    withdraw: !isAwaited,
  });
}
