import type { Client } from "@connectrpc/connect";
import type { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import { PaymentService } from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Jobs } from "../../lib/jobs/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import type { CardProcessor } from "./card-processor.ts";
import { cancelPayment } from "./rpc/cancel-payment.ts";
import { capturePayment } from "./rpc/capture-payment.ts";
import { confirmPayment } from "./rpc/confirm-payment.ts";
import { createPayment } from "./rpc/create-payment.ts";
import { getPayment } from "./rpc/get-payment.ts";
import { listPayments } from "./rpc/list-payments.ts";
import { refreshPayment } from "./rpc/refresh-payment.ts";
import { refundPayment } from "./rpc/refund-payment.ts";
import { rejectPayment } from "./rpc/reject-payment.ts";

/** What Payment stands on. */
export interface PaymentDeps {
  db: Db;
  clock: Clock;
  log: Log;
  jobs: Pick<Jobs, "enqueue">;
  cards: CardProcessor;
  orders: Pick<Client<typeof OrderService>, "settlePayment">;
}

/** Composes the Payment service. */
export function createPaymentService(deps: PaymentDeps): ServiceModule {
  return {
    services: [
      defineService(PaymentService, {
        createPayment: createPayment(deps),
        capturePayment: capturePayment(deps),
        cancelPayment: cancelPayment(deps),
        refreshPayment: refreshPayment(deps),
        getPayment: getPayment(deps),
        listPayments: listPayments(deps),
        confirmPayment: confirmPayment(deps),
        rejectPayment: rejectPayment(deps),
        refundPayment: refundPayment(deps),
      }),
    ],
  };
}
