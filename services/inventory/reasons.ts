import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Inventory, as callers see it. */
export const fail = defineReasons({
  STOCK_NOT_FOUND: {
    code: Code.NotFound,
    message: "no stock was ever set for {sku} at {location_id}",
  },
  STOCK_BELOW_RESERVED: {
    code: Code.FailedPrecondition,
    message: "{sku} at {location_id} would fall below what is reserved or below 0",
  },
  LOCATION_NOT_FOUND: {
    code: Code.NotFound,
    message: "location {location_id} does not exist",
  },
  LOCATION_EXISTS: {
    code: Code.AlreadyExists,
    message: "location {location_id} exists",
  },
  UPDATE_MASK_INVALID: { code: Code.InvalidArgument, message: "update_mask {description}" },
  /** Nobody need wait for it. */
  STOCK_AVAILABLE: {
    code: Code.FailedPrecondition,
    message: "{sku} can be had now: {available} available",
  },
  INSUFFICIENT_STOCK: {
    code: Code.Aborted,
    message: "{sku}: {requested} requested, {available} available",
  },
  RESERVATION_NOT_FOUND: {
    code: Code.NotFound,
    message: "reservation {reservation_id} does not exist",
  },
  RESERVATION_MISMATCH: {
    code: Code.AlreadyExists,
    message: "reservation {reservation_id} exists with other lines",
  },
  RESERVATION_CLOSED: {
    code: Code.FailedPrecondition,
    message: "reservation {reservation_id} is {state}",
  },
  RESERVATION_COMMITTED: {
    code: Code.FailedPrecondition,
    message: "reservation {reservation_id} is committed; its units have left the stock",
  },
});
