/** What the timeline of an order says of its parcels. Pure. */
import {
  type Shipment,
  Shipment_State as State,
  Shipment_TrackingStatus as Status,
} from "../../gen/rowlock/shipping/v1/shipping_pb.js";

/** What may become of a parcel; of a `return` it comes back from the customer. */
export type ParcelEvent =
  | "shipped"
  | "delivered"
  | "returned"
  | "delivery_failed"
  | "return_shipped"
  | "return_delivered";

/** What has happened to a parcel by now, in the order of time: one that has arrived was shipped, too. */
export function parcelEvents({ state, trackingStatus, returnOf }: Shipment): ParcelEvent[] {
  const back = returnOf !== "";
  const shipped: ParcelEvent = back ? "return_shipped" : "shipped";
  switch (trackingStatus) {
    case Status.UNSPECIFIED:
    case Status.PRE_TRANSIT:
      // The merchant says so, not a carrier.
      return state === State.SHIPPED ? [shipped] : [];
    case Status.TRANSIT:
      return [shipped];
    case Status.DELIVERED:
      return [shipped, back ? "return_delivered" : "delivered"];
    case Status.RETURNED:
      return back ? [shipped] : [shipped, "returned"];
    case Status.FAILURE:
      return back ? [] : ["delivery_failed"];
  }
}
