import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Shipping, as callers see it. */
export const fail = defineReasons({
  /** No carrier takes the parcel to this address. Repeating it changes nothing; another address may. */
  ADDRESS_REFUSED: { code: Code.InvalidArgument, message: "the carrier refused the shipment: {message}" },
  /** The shipment's id was used for another order, address, parcel or currency. */
  SHIPMENT_MISMATCH: {
    code: Code.AlreadyExists,
    message: "shipment {shipment_id} exists with other content",
  },
  SHIPMENT_NOT_FOUND: { code: Code.NotFound, message: "shipment {shipment_id} does not exist" },
  RATE_NOT_FOUND: { code: Code.NotFound, message: "shipment {shipment_id} has no rate {rate_id}" },
  /** No rate was chosen yet, and the call names none. */
  RATE_NOT_SELECTED: { code: Code.FailedPrecondition, message: "shipment {shipment_id} has no chosen rate" },
  LABEL_ALREADY_BOUGHT: {
    code: Code.FailedPrecondition,
    message: "shipment {shipment_id} has its label, or goes without one; its rate cannot change",
  },
  /** Another call is buying the label, or its purchase has no known outcome yet. Try again. */
  LABEL_IN_PROGRESS: { code: Code.Aborted, message: "the label of shipment {shipment_id} is being bought" },
  /** The carrier will not sell the label. Another rate may do. */
  LABEL_REFUSED: { code: Code.FailedPrecondition, message: "the carrier refused the label: {message}" },
  /** The carriers take goods across a customs border only when they are declared. */
  CUSTOMS_DATA_MISSING: {
    code: Code.FailedPrecondition,
    message: "the goods of shipment {shipment_id} cannot be declared: {missing} of {sku} is missing",
  },
  /** It has no carrier's label, or is itself one that comes back. */
  SHIPMENT_NOT_SENT: {
    code: Code.FailedPrecondition,
    message: "shipment {shipment_id} has not been sent by a carrier; nothing of it can come back",
  },
  /** The caller asks too often; RetryInfo says when to ask again. */
  TOO_MANY_CHECKS: {
    code: Code.ResourceExhausted,
    message: "at most {limit} addresses a minute are checked",
  },
  /** There is no label to void. */
  LABEL_NOT_BOUGHT: { code: Code.FailedPrecondition, message: "shipment {shipment_id} has no label" },
  /** The carrier has the parcel: its label cannot be voided. */
  PARCEL_UNDER_WAY: {
    code: Code.FailedPrecondition,
    message: "the parcel of shipment {shipment_id} is under way: {tracking_status}",
  },
  /** The carrier does not take the label back: it was used, or is too old. */
  VOID_REFUSED: {
    code: Code.FailedPrecondition,
    message: "the carrier refused to void the label: {message}",
  },
  /** The carrier gave no usable answer in time. Safe to try again. */
  PROVIDER_UNAVAILABLE: { code: Code.Unavailable, message: "{provider} does not answer" },
  /** Other shipments carry its goods: look at those of the order. */
  SHIPMENT_SPLIT: { code: Code.FailedPrecondition, message: "shipment {shipment_id} was split into others" },
  SHIPMENT_NOT_SPLITTABLE: {
    code: Code.FailedPrecondition,
    message: "shipment {shipment_id} is {state}; it cannot be split",
  },
  /** The shipment has fewer units, or none; the metadata's quantity is how many it has. */
  ITEM_NOT_IN_SHIPMENT: {
    code: Code.FailedPrecondition,
    message: "shipment {shipment_id} has {quantity} of {sku}",
  },
  SPLIT_TAKES_ALL: {
    code: Code.FailedPrecondition,
    message: "nothing would be left in shipment {shipment_id}",
  },
  TOO_MANY_SHIPMENTS: {
    code: Code.FailedPrecondition,
    message: "order {order_id} has {limit} shipments, and cannot have more",
  },
  FLAT_RATE_NOT_FOUND: { code: Code.NotFound, message: "flat rate {flat_rate_id} does not exist" },
  UPDATE_MASK_INVALID: { code: Code.InvalidArgument, message: "update_mask {description}" },
  /** The flat rate changed since the caller read it: read it again. */
  ETAG_MISMATCH: { code: Code.Aborted, message: "flat rate {flat_rate_id} has changed; its etag is {etag}" },
});
