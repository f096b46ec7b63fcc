import { OrderSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import {
  createRelay,
  eventData,
  type OutboxRow,
  type Relay,
  type RelayParts,
} from "../../lib/outbox/index.ts";
import { toOrderMessage } from "./convert.ts";
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
export function createOrderRelay(parts: RelayParts): Relay {
  const { db } = parts;
  return createRelay({
    ...parts,
    name: "order",
    read: async (limit) => (await readUnpublished(db, limit)).map(toRow),
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
    type: types[kind],
    subject: id,
    data: eventData({ name: "order", id, desc: OrderSchema, message }),
    eventTime,
  };
}
