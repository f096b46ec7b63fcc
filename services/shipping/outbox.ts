import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import { ShipmentSchema } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { WebhookService } from "../../gen/rowlock/webhook/v1/webhook_pb.js";
import { createRelay, eventData, type OutboxRow, type Relay } from "../../lib/outbox/index.ts";
import { toMessage } from "./convert.ts";
import type { ShippingDeps } from "./service.ts";
import { deletePublished, readUnpublished, type Unpublished } from "./store-outbox.ts";

/** Tells other systems what happens to parcels. */
export function createShippingRelay({
  db,
  log,
  webhooks,
}: Pick<ShippingDeps, "db" | "log"> & {
  webhooks: Pick<Client<typeof WebhookService>, "publishEvents">;
}): Relay {
  return createRelay({
    ...{ db, log },
    read: async (limit) => (await readUnpublished(db, limit)).map(toRow),
    publish: (events) => webhooks.publishEvents({ events }),
    done: (rows) => deletePublished(db, rows),
  });
}

/**
 * The shipment as GetShipment answers it, of its rates only the chosen one. Its subject is the order: so the order's
 * whole story is found, and forgotten, by one id.
 */
function toRow({ eventId, kind, eventTime, shipment }: Unpublished): OutboxRow {
  const { id, orderId, rateId } = shipment;
  const rates = shipment.rates.filter((rate) => rate.id === rateId);
  const message = create(ShipmentSchema, toMessage({ ...shipment, rates }));
  return {
    row: eventId,
    event: {
      id: `shipping:${eventId}`,
      type: `shipment.${kind}`,
      subject: orderId,
      data: eventData({ name: "shipment", id, desc: ShipmentSchema, message }),
      eventTime: timestampFromDate(eventTime),
    },
  };
}
