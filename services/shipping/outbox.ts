import { create } from "@bufbuild/protobuf";
import { ShipmentSchema } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import {
  createRelay,
  eventData,
  type OutboxRow,
  type Relay,
  type RelayParts,
} from "../../lib/outbox/index.ts";
import { toMessage } from "./convert.ts";
import { deletePublished, readUnpublished, type Unpublished } from "./store-outbox.ts";

/** Tells other systems what happens to parcels. */
export function createShippingRelay(parts: RelayParts): Relay {
  const { db } = parts;
  return createRelay({
    ...parts,
    name: "shipping",
    read: async (limit) => (await readUnpublished(db, limit)).map(toRow),
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
    type: `shipment.${kind}`,
    subject: orderId,
    data: eventData({ name: "shipment", id, desc: ShipmentSchema, message }),
    eventTime,
  };
}
