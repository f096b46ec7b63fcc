import type { DescMessage } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import type { Erasure, ErasureSchema } from "../../gen/rowlock/customer/v1/customer_pb.js";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { type KeyedCall, once } from "../../lib/idempotency/idempotency.ts";
import { asPrincipal } from "../../lib/rpc/index.ts";
import { toErasure } from "./convert.ts";
import { eraseQueue } from "./erase.ts";
import { fail } from "./reasons.ts";
import type { CustomerDeps } from "./service.ts";
import { beginErasure, findErasure } from "./store-erasure.ts";

/**
 * Notes that a customer is to be forgotten, and has a job do it; how far that is when it was noted before.
 * Errors: ORDERS_OPEN, REQUEST_ID_REUSED.
 */
export async function requestErasure<I extends DescMessage>(
  deps: CustomerDeps,
  { customerId, call }: { customerId: string; call: KeyedCall<I, typeof ErasureSchema> },
  options: CallOptions,
): Promise<Erasure> {
  const { db, clock, jobs } = deps;
  if ((await findErasure(db, customerId)) === undefined) await refuseOpenOrders(deps, customerId, options);
  return db.transaction(async (tx) => {
    await once(tx, call, async () => {
      const erasure = await beginErasure(tx, { customerId, now: clock() });
      // Its key makes it one; a job that was given up long ago is begun anew.
      if (erasure.completeTime === null) {
        await jobs.enqueue(tx, eraseQueue, { customerId }, { singletonKey: customerId });
      }
      return toErasure(erasure);
    });
    // Not the first answer to the key: whoever repeats the call wants to know how far it is.
    const present = await findErasure(tx, customerId);
    if (present === undefined) throw new Error(`the erasure of ${customerId} vanished`);
    return toErasure(present);
  });
}

/**
 * So that whoever asks is told at once. An order that is placed after this, or whose money is on its way back, has the
 * job wait.
 */
async function refuseOpenOrders(
  { orders }: CustomerDeps,
  customerId: string,
  options: CallOptions,
): Promise<void> {
  const own = { ...options, ...asPrincipal({ kind: "customer", id: customerId }) };
  for (const state of [Order_State.PENDING_PAYMENT, Order_State.PAID]) {
    const [open] = (await orders.listOwnOrders({ state, pageSize: 1 }, own)).orders;
    if (open !== undefined) throw fail("ORDERS_OPEN", { order_id: open.id });
  }
}
