import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Customer, as callers see it. */
export const fail = defineReasons({
  /** The caller is a guest, staff or a service; or a customer who is being erased. */
  ACCOUNT_REQUIRED: { code: Code.PermissionDenied, message: "this is for customers who are signed in" },
  CUSTOMER_NOT_FOUND: { code: Code.NotFound, message: "customer {customer_id} does not exist" },
  /** The customer asked to be forgotten, and is. */
  CUSTOMER_ERASED: { code: Code.FailedPrecondition, message: "customer {customer_id} was erased" },
  ADDRESS_NOT_FOUND: { code: Code.NotFound, message: "address {address_id} does not exist" },
  ADDRESS_BOOK_FULL: {
    code: Code.ResourceExhausted,
    message: "an address book has no more than {limit} addresses",
  },
  /** The profile changed since the caller read it: read it again. */
  ETAG_MISMATCH: { code: Code.Aborted, message: "the profile has changed; its etag is {etag}" },
  UPDATE_MASK_INVALID: { code: Code.InvalidArgument, message: "update_mask {description}" },
  ORDERS_OPEN: { code: Code.FailedPrecondition, message: "order {order_id} is not finished yet" },
});
