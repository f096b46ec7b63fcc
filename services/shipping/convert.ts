import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type FlatRate as FlatRateMessage,
  FlatRateSchema,
  Shipment_State,
  Shipment_TrackingStatus,
  type ShipmentSchema,
  VoidedLabel_Refund,
} from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { FlatRate } from "./flat-rate.ts";
import { type Rate, rateOf } from "./rates.ts";
import type { Shipment, ShipmentState } from "./shipment.ts";

const states = {
  RATED: Shipment_State.RATED,
  BUYING: Shipment_State.BUYING,
  LABELED: Shipment_State.LABELED,
  READY: Shipment_State.READY,
  SHIPPED: Shipment_State.SHIPPED,
  SPLIT: Shipment_State.SPLIT,
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
    items: shipment.items.map(({ quantity, unitPrice, ...item }) => ({
      ...item,
      quantity: BigInt(quantity),
      unitPrice: { currencyCode: shipment.currencyCode, amount: BigInt(unitPrice) },
    })),
    carrier: shipment.carrier || (rateOf(shipment, shipment.rateId)?.carrier ?? ""),
    trackingNumber: shipment.trackingNumber,
    trackingUrl: shipment.trackingUrl,
    labelUrl: shipment.labelUrl,
    providerId: shipment.providerId,
    trackingStatus: Shipment_TrackingStatus[shipment.trackingStatus || "UNSPECIFIED"],
    trackingEvents: shipment.trackingEvents.map(({ time, status, ...event }) => ({
      ...event,
      time: timestampFromDate(new Date(time)),
      status: Shipment_TrackingStatus[status || "UNSPECIFIED"],
    })),
    voidedLabels: shipment.voidedLabels.map(({ refund, voidTime, ...label }) => ({
      ...label,
      refund: VoidedLabel_Refund[refund],
      voidTime: timestampFromDate(new Date(voidTime)),
    })),
    returnOf: shipment.returnOf,
    createTime: timestampFromDate(shipment.createTime),
    updateTime: timestampFromDate(shipment.updateTime),
  };
}

function toRateMessage({ currencyCode, amount, ...rate }: Rate) {
  return { ...rate, price: { currencyCode, amount } };
}

/** The message of a flat rate. */
export function toFlatRateMessage({ revision, createTime, updateTime, ...rate }: FlatRate): FlatRateMessage {
  return create(FlatRateSchema, {
    ...{ id: rate.id, title: rate.title, everywhereElse: rate.everywhereElse },
    destinations: rate.destinations.map(({ countryCode, regions, excludedRegions }) => ({
      countryCode,
      regions: [...regions],
      excludedRegions: [...excludedRegions],
    })),
    tiers: rate.tiers.map(({ currencyCode, amount, ...tier }) => ({
      price: { currencyCode, amount },
      ...tier,
    })),
    estimatedDays: rate.estimatedDays,
    etag: etagOf(revision),
    createTime: timestampFromDate(createTime),
    updateTime: timestampFromDate(updateTime),
  });
}

/** The etag of a flat rate's revision; opaque to callers. */
export function etagOf(revision: bigint): string {
  return revision.toString(36);
}
