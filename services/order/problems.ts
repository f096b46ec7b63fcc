/** What jobs of orders cannot do, for staff to look at. */
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import {
  OrderProblem_Task,
  type OrderProblem as OrderProblemMessage,
  OrderProblemSchema,
} from "../../gen/rowlock/order/v1/order_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import type { JobHandler, Queue } from "../../lib/jobs/index.ts";
import { excerpt } from "../../lib/one-line.ts";
import {
  fulfillQueue,
  instructQueue,
  type OrderJob,
  refundQueue,
  tellQueue,
  undoCheckoutQueue,
  undoQueue,
} from "./jobs.ts";
import type { OrderDeps } from "./service.ts";
import { noteProblem, type Problem, removeProblem } from "./store-problem.ts";

/** From this attempt on, about half a minute after the first, staff hear of a failure; most pass by then. */
const notedFrom = 5;

/** Refusals that no repetition changes by itself: they are noted at once. */
const refusals: ReadonlySet<string> = new Set(["LABEL_REFUSED", "REFUND_REFUSED"]);

/** A job's handler whose failures are noted, so that no order is stuck unseen. */
export function noting<J extends OrderJob>(
  { db, log }: Pick<OrderDeps, "db" | "log">,
  queue: Queue<J>,
  work: JobHandler<J>,
): JobHandler<J> {
  return async (job) => {
    const { id: jobId, data, attempt } = job;
    try {
      await work(job);
    } catch (err) {
      const givenUp = attempt > (queue.options.retryLimit ?? Number.POSITIVE_INFINITY);
      if (givenUp || attempt >= notedFrom || refusals.has(reasonOf(err) ?? "")) {
        const message = excerpt(ConnectError.from(err).rawMessage);
        await noteProblem(db, { jobId, queue: queue.name, data, message, attempts: attempt, givenUp });
        if (givenUp)
          log.error({ err, order_id: data.orderId, queue: queue.name }, "job of an order given up");
      }
      throw err;
    }
    if (attempt > 1) await removeProblem(db, jobId);
  };
}

/** The queues whose jobs may have problems, and what they are to staff. */
const tasks: Readonly<Record<string, { queue: Queue<never>; task: OrderProblem_Task }>> = Object.fromEntries(
  [
    { queue: fulfillQueue, task: OrderProblem_Task.FULFILL },
    { queue: undoQueue, task: OrderProblem_Task.UNDO },
    { queue: undoCheckoutQueue, task: OrderProblem_Task.UNDO_CHECKOUT },
    { queue: refundQueue, task: OrderProblem_Task.REFUND },
    { queue: tellQueue, task: OrderProblem_Task.TELL },
    { queue: instructQueue, task: OrderProblem_Task.INSTRUCT },
  ].map((each) => [each.queue.name, each]),
);

/** The queue that a problem's job was of. */
export function queueOf({ queue }: Pick<Problem, "queue">): Queue<OrderJob> {
  const found = tasks[queue];
  if (found === undefined) throw new Error(`there is no queue ${queue}`);
  return found.queue as Queue<OrderJob>;
}

/** A problem as a message. */
export function toProblem({ queue, createTime, updateTime, ...problem }: Problem): OrderProblemMessage {
  const { id, orderId, message, attempts, givenUp } = problem;
  return create(OrderProblemSchema, {
    ...{ id, orderId, message, attempts, givenUp },
    task: tasks[queue]?.task ?? OrderProblem_Task.UNSPECIFIED,
    createTime: timestampFromDate(createTime),
    updateTime: timestampFromDate(updateTime),
  });
}
