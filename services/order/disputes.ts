import { Dispute_Status, type Payment } from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { OrderDeps } from "./service.ts";
import { noteOnce } from "./store-event.ts";

/** Has the timeline tell of each dispute of a payment where it stands; what it tells already is not told again. */
export async function noteDisputes(
  { db }: Pick<OrderDeps, "db">,
  { id: payment_id, orderId, disputes }: Payment,
): Promise<void> {
  for (const { id, status, reason, amount } of disputes) {
    const data = {
      ...{ payment_id, reason, dispute_id: id, status: Dispute_Status[status] },
      amount: `${amount?.amount ?? 0n} ${amount?.currencyCode ?? ""}`,
    };
    await noteOnce(db, { orderId, kind: "disputed", data });
  }
}
