import { PaymentSchema } from "../../gen/rowlock/payment/v1/payment_pb.js";
import {
  createRelay,
  eventData,
  type OutboxRow,
  type Relay,
  type RelayParts,
} from "../../lib/outbox/index.ts";
import { partsOf } from "./answer.ts";
import { type PaymentParts, toPaymentMessage } from "./convert.ts";
import { deletePublished, readUnpublished, type Unpublished } from "./store-outbox.ts";

/** Tells other systems what happens to payments. */
export function createPaymentRelay(relay: RelayParts): Relay {
  const { db } = relay;
  return createRelay({
    ...relay,
    name: "payment",
    read: async (limit) => {
      const unpublished = await readUnpublished(db, limit);
      if (unpublished.length === 0) return [];
      const parts = await partsOf(
        db,
        unpublished.map(({ payment }) => payment),
      );
      return unpublished.map((each) => toRow(each, parts));
    },
    done: (rows) => deletePublished(db, rows),
  });
}

/**
 * The payment as GetPayment answers it, without what opens it to whoever has it. Its subject is the order: so the
 * order's whole story is found, and forgotten, by one id.
 */
function toRow({ eventId, kind, eventTime, payment }: Unpublished, parts: PaymentParts): OutboxRow {
  const { id, orderId } = payment;
  const message = { ...toPaymentMessage(payment, parts), clientSecret: "", redirectUrl: "" };
  return {
    row: eventId,
    type: `payment.${kind}`,
    subject: orderId,
    data: eventData({ name: "payment", id, desc: PaymentSchema, message }),
    eventTime,
  };
}
