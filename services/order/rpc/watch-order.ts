import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { createBatcher } from "../../../lib/batch.ts";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { requireOwner } from "../../../lib/rpc/index.ts";
import { createWatch } from "../../../lib/watch/index.ts";
import { toOrderEvent, toOrderMessage } from "../convert.ts";
import { isOver } from "../order.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { type OrderNews, type Reader, readNews, readVersions } from "../store-watch.ts";

/** Watchers whose order is read with one statement, when several change at once. */
const maxReaders = 100;

const largestId = 2n ** 63n - 1n;

/**
 * Sends the order as it is now, and again after each change, with the events since the message before. Ends when the
 * order is over (`isOver`). An `eventId` names the state that its message has, so whoever resumes with the latest one is
 * sent nothing until something changes, and nothing twice.
 */
export function watchOrder({ db, watching }: OrderDeps): MethodImpl<typeof OrderService.method.watchOrder> {
  const watch = createWatch<string>({
    ...watching,
    read: (ids) => readVersions(db, ids),
    versionOf: (version) => version,
  });
  const read = createBatcher<Reader, OrderNews>({
    maxItems: maxReaders,
    run: async (readers) => {
      const news = await readNews(db, readers);
      return readers.map(({ orderId }, i) => news[i] ?? fail("ORDER_NOT_FOUND", { order_id: orderId }));
    },
  });
  return async function* ({ orderId, lastEventId }, ctx) {
    let seen = lastEventId;
    let after = eventOf(lastEventId);
    for await (const _ of watch.levels([orderId], ctx.signal)) {
      const { order, version, events, ...news } = await read({ orderId, after }, { signal: ctx.signal });
      // Each time: the order may have a new owner.
      requireOwner(ctx, order.owner);
      if (after !== undefined && !news.knowsReader) throw notAnEvent();
      if (version !== seen) {
        seen = version;
        after = news.lastEventId;
        yield { eventId: version, order: toOrderMessage(order), events: events.map(toOrderEvent) };
      }
      if (isOver(order)) return;
    }
  };
}

/** The last event that was part of what a client has seen. */
function eventOf(lastEventId: string): bigint | undefined {
  if (lastEventId === "") return undefined;
  const id = BigInt(lastEventId.split("-", 1)[0] ?? "");
  if (id > largestId) throw notAnEvent();
  return id;
}

function notAnEvent() {
  return invalidArgument([{ field: "last_event_id", description: "is no event_id of this order" }]);
}
