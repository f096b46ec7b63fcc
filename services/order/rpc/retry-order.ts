import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { OrderService, RetryOrderResponseSchema } from "../../../gen/rowlock/order/v1/order_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { getExisting } from "../access.ts";
import { queueOf, toProblem } from "../problems.ts";
import type { OrderDeps } from "../service.ts";
import { takeProblems } from "../store-problem.ts";

const method = OrderService.method.retryOrder;

/** Takes up anew, at once, what jobs could not do for an order. Safe to retry: each problem is taken up by one call. */
export function retryOrder({ db, jobs }: OrderDeps): MethodImpl<typeof method> {
  return (request, ctx) =>
    db.transaction((tx) =>
      once(tx, keyedCall(method, request, ctx), async () => {
        const { orderId } = request;
        const problems = await takeProblems(tx, orderId);
        // A checkout that came to nothing has no order.
        if (problems.length === 0) await getExisting(tx, orderId);
        for (const problem of problems) await jobs.enqueue(tx, queueOf(problem), problem.data);
        return create(RetryOrderResponseSchema, { retried: problems.map(toProblem) });
      }),
    );
}
