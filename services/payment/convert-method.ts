import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type PaymentMethod as PaymentMethodMessage,
  PaymentMethodSchema,
} from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { SavedMethod } from "./saved-method.ts";

/** A saved payment method as a message. */
export function toMethodMessage(method: SavedMethod): PaymentMethodMessage {
  const { id, brand, last4, expiryMonth, expiryYear, createTime } = method;
  return create(PaymentMethodSchema, {
    ...{ id, brand, last4, expiryMonth, expiryYear },
    createTime: timestampFromDate(createTime),
  });
}
