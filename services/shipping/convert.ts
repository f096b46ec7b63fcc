import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Shipment_State, type ShipmentSchema } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { Rate } from "./rates.ts";
import type { Shipment, ShipmentState } from "./shipment.ts";

const states = {
  RATED: Shipment_State.RATED,
  BUYING: Shipment_State.BUYING,
  LABELED: Shipment_State.LABELED,
} as const satisfies Record<ShipmentState, Shipment_State>;

/** The message of a shipment. */
export function toMessage(shipment: Shipment): MessageInitShape<typeof ShipmentSchema> {
  return {
    id: shipment.id,
    orderId: shipment.orderId,
    state: states[shipment.state],
    address: shipment.address,
    rates: shipment.rates.map(toRateMessage),
    rateId: shipment.rateId,
    trackingNumber: shipment.trackingNumber,
    trackingUrl: shipment.trackingUrl,
    labelUrl: shipment.labelUrl,
    providerId: shipment.providerId,
    createTime: timestampFromDate(shipment.createTime),
    updateTime: timestampFromDate(shipment.updateTime),
  };
}

function toRateMessage({ currencyCode, amount, ...rate }: Rate) {
  return { ...rate, price: { currencyCode, amount } };
}
