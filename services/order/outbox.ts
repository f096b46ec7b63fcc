import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import { OrderSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import type { WebhookService } from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import { createRelay, eventData, type OutboxRow, type Relay } from "../../lib/outbox/index.ts";
import { toOrderMessage } from "./convert.ts";
import type { OrderDeps } from "./service.ts";
import { markPublished, readUnpublished, type ToldKind, type Unpublished } from "./store-outbox.ts";

const types: Readonly<Record<ToldKind, string>> = {
  placed: "order.placed",
  paid: "order.paid",
  fulfilled: "order.fulfilled",
  canceled: "order.canceled",
  expired: "order.expired",
  refunded: "order.refunded",
  partly_refunded: "order.refunded",
};

/** Tells other systems what happens to orders, by their timelines. */
export function createOrderRelay({
  db,
  log,
  webhooks,
}: Pick<OrderDeps, "db" | "log"> & {
  webhooks: Pick<Client<typeof WebhookService>, "publishEvents">;
}): Relay {
  return createRelay({
    ...{ db, log },
    read: async (limit) => (await readUnpublished(db, limit)).map(toRow),
    publish: (events) => webhooks.publishEvents({ events }),
    done: (rows) => markPublished(db, rows),
  });
}

/** The order as GetOrder answers it, without what opens its payment to whoever has it. */
function toRow({ eventId, kind, eventTime, order }: Unpublished): OutboxRow {
  const { id } = order;
  const message = toOrderMessage(order);
  if (message.payment !== undefined) {
    message.payment.clientSecret = "";
    message.payment.redirectUrl = "";
  }
  return {
    row: eventId,
    event: {
      id: `order:${eventId}`,
      type: types[kind],
      subject: id,
      data: eventData({ name: "order", id, desc: OrderSchema, message }),
      eventTime: timestampFromDate(eventTime),
    },
  };
}
