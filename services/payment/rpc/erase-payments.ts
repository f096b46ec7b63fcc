import type { MethodImpl } from "@connectrpc/connect";
import type { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import type { PaymentDeps } from "../service.ts";
import { eraseBuyers } from "../store-payment.ts";

/** Blots out who paid these orders. Safe to repeat. The provider keeps what it knows, and is to be asked itself. */
export function erasePayments({ db }: PaymentDeps): MethodImpl<typeof PaymentService.method.erasePayments> {
  return async ({ orderIds }) => {
    await eraseBuyers(db, orderIds);
    return {};
  };
}
