import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Dispute_Status,
  type Dispute as DisputeMessage,
  DisputeSchema,
} from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import type { Dispute } from "./dispute.ts";

/** A dispute as a message. */
export function toDisputeMessage(dispute: Dispute): DisputeMessage {
  const { id, paymentId, orderId, providerId, currencyCode, reason, dueTime } = dispute;
  return create(DisputeSchema, {
    ...{ id, paymentId, orderId, providerId, reason },
    amount: money(currencyCode, dispute.amount),
    withdrawn: money(currencyCode, dispute.withdrawn),
    status: Dispute_Status[dispute.status],
    ...(dueTime !== null && { dueTime: timestampFromDate(dueTime) }),
    createTime: timestampFromDate(dispute.createTime),
    updateTime: timestampFromDate(dispute.updateTime),
  });
}
