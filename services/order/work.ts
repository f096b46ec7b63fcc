import type { Jobs, Queue, WorkOptions } from "../../lib/jobs/index.ts";
import { fulfillOrder } from "./fulfill.ts";
import { instructBuyer } from "./instruct.ts";
import {
  fulfillQueue,
  instructQueue,
  type OrderJob,
  refundQueue,
  tellQueue,
  undoCheckoutQueue,
  undoQueue,
} from "./jobs.ts";
import { noting } from "./problems.ts";
import { finishRefund } from "./refund-part.ts";
import type { OrderDeps } from "./service.ts";
import { tellNews } from "./tell-news.ts";
import { undoOrder } from "./undo.ts";
import { undoCheckout } from "./undo-checkout.ts";

/** Has this process do the jobs of orders; what it cannot do is noted for staff. */
export function workOnOrders(
  deps: OrderDeps,
  jobs: Pick<Jobs, "work">,
  { shippingPace }: { shippingPace: WorkOptions },
): void {
  const on = <J extends OrderJob>(
    queue: Queue<J>,
    work: (deps: OrderDeps, data: J) => Promise<void>,
    pace?: WorkOptions,
  ) =>
    jobs.work(
      queue,
      noting(deps, queue, ({ data }) => work(deps, data)),
      pace,
    );
  on(fulfillQueue, fulfillOrder, shippingPace);
  on(undoQueue, undoOrder);
  on(instructQueue, instructBuyer);
  on(undoCheckoutQueue, undoCheckout);
  on(refundQueue, finishRefund);
  on(tellQueue, tellNews);
}
