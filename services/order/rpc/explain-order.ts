import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type MethodImpl } from "@connectrpc/connect";
import type { OrderService, TimelineEntry } from "../../../gen/rowlock/order/v1/order_pb.js";
import type { WebhookEvent } from "../../../gen/rowlock/type/v1/webhook_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { within } from "../../../lib/within.ts";
import { getExisting } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import {
  ofCart,
  ofEvents,
  ofJobs,
  ofMessages,
  ofPayments,
  ofRedemption,
  ofRefunds,
  ofReservation,
  ofShipments,
  ofWebhooks,
} from "../explain.ts";
import { nextOf } from "../explain-next.ts";
import { fulfillQueue, instructQueue, refundQueue, tellQueue, undoQueue } from "../jobs.ts";
import type { OrderDeps } from "../service.ts";
import { reservationsOf } from "../stock.ts";
import { listEvents } from "../store-event.ts";

/** What a part of the shop may take to answer; one that takes longer is named in `unavailable`. */
const patienceMs = 2_000;

/** Tells everything that happened to an order, as far as those who know it can be asked. */
export function explainOrder(deps: OrderDeps): MethodImpl<typeof OrderService.method.explainOrder> {
  const { db, jobs, payments, shipping, notify } = deps;
  return async ({ orderId }, ctx) => {
    const order = await getExisting(db, orderId);
    const { signal, timeoutMs = patienceMs } = outgoing(ctx);
    const call = { signal, timeoutMs: Math.min(timeoutMs, patienceMs) };
    const unavailable = new Set<string>();
    /** What a part says; nothing when it does not answer, or knows nothing of the order. */
    const ask = async <T>(part: string, question: Promise<T>, nothing: T): Promise<T> => {
      try {
        return await question;
      } catch (err) {
        if (ConnectError.from(err).code !== Code.NotFound) unavailable.add(part);
        return nothing;
      }
    };
    const webhooksOf = async (
      part: string,
      ids: readonly string[],
      list: (subject: string) => Promise<{ events: WebhookEvent[] }>,
    ): Promise<TimelineEntry[]> => {
      const answers = await Promise.all(ids.map((id) => ask(part, list(id), { events: [] })));
      return answers.flatMap(({ events }) => ofWebhooks(events));
    };
    const inQueues = [fulfillQueue, undoQueue, instructQueue, refundQueue, tellQueue];

    const jobsFound = ask(
      "jobs",
      within(jobs.find(inQueues, { orderId }), { ms: call.timeoutMs, late: tooSlow }),
      [],
    );
    const parts = await Promise.all([
      listEvents(db, orderId).then((rows) => [...ofEvents(order, rows), ...ofRefunds(order)]),
      jobsFound.then(ofJobs),
      ask("promotion", ofRedemption(deps, order, call), []),
      ask("cart", ofCart(deps, order, call), []),
      ...reservationsOf(order).map((id) => ask("inventory", ofReservation(deps, id, call), [])),
      ask("payment", payments.listPayments({ orderId, pageSize: 200 }, call), undefined).then(
        async (answer) => {
          const found = answer?.payments ?? [];
          const ids = found.map(({ providerId }) => providerId).filter((id) => id !== "");
          const list = (subject: string) => payments.listWebhookEvents({ subject, pageSize: 200 }, call);
          return [...ofPayments(found), ...(await webhooksOf("payment", ids, list))];
        },
      ),
      ask("shipping", ofShipments(deps, order, call), undefined).then(async (parcels) => {
        const list = (subject: string) => shipping.listWebhookEvents({ subject, pageSize: 200 }, call);
        return [
          ...(parcels?.entries ?? []),
          ...(await webhooksOf("shipping", parcels?.trackingNumbers ?? [], list)),
        ];
      }),
      ask("notify", ofMessages(deps, order, call), undefined).then(async (messages) => {
        const list = (subject: string) => notify.listWebhookEvents({ subject, pageSize: 200 }, call);
        const told = await webhooksOf("notify", messages?.providerIds ?? [], list);
        return [...(messages?.entries ?? []), ...told];
      }),
    ]);
    return {
      order: toOrderMessage(order),
      timeline: parts.flat().sort((a, b) => timeOf(a) - timeOf(b)),
      next: nextOf(order, await jobsFound),
      unavailable: [...unavailable].sort(),
    };
  };
}

const timeOf = ({ time }: TimelineEntry) => (time === undefined ? 0 : timestampMs(time));

const tooSlow = () => {
  throw new ConnectError("too slow", Code.DeadlineExceeded);
};
