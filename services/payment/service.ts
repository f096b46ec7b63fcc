import type { Client } from "@connectrpc/connect";
import type { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import { PaymentService } from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import type { Jobs } from "../../lib/jobs/index.ts";
import { defineService, type ServiceModule } from "../../lib/rpc/index.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import { createInbox, defineWebhookQueue, type Inbox } from "../../lib/webhooks/index.ts";
import { applyCardEvent, settleKnownEvents } from "./apply-event.ts";
import type { CardEvents } from "./card-events.ts";
import type { CardProcessor } from "./card-processor.ts";
import { assignBankTransaction } from "./rpc/assign-bank-transaction.ts";
import { cancelPayment } from "./rpc/cancel-payment.ts";
import { capturePayment } from "./rpc/capture-payment.ts";
import { confirmPayment } from "./rpc/confirm-payment.ts";
import { createPayment } from "./rpc/create-payment.ts";
import { deletePaymentMethod } from "./rpc/delete-payment-method.ts";
import { dismissBankTransaction } from "./rpc/dismiss-bank-transaction.ts";
import { erasePayments } from "./rpc/erase-payments.ts";
import { getPayment } from "./rpc/get-payment.ts";
import { importBankStatement } from "./rpc/import-bank-statement.ts";
import { listBankTransactions } from "./rpc/list-bank-transactions.ts";
import { listDisputes } from "./rpc/list-disputes.ts";
import { listPaymentMethods } from "./rpc/list-payment-methods.ts";
import { listPayments } from "./rpc/list-payments.ts";
import { listWebhookEvents } from "./rpc/list-webhook-events.ts";
import { receiveStripeWebhook } from "./rpc/receive-stripe-webhook.ts";
import { reconcile } from "./rpc/reconcile.ts";
import { refreshPayment } from "./rpc/refresh-payment.ts";
import { refundPayment } from "./rpc/refund-payment.ts";
import { rejectPayment } from "./rpc/reject-payment.ts";
import { replayWebhookEvent } from "./rpc/replay-webhook-event.ts";
import type { AccountPrefixes } from "./transfer-numbers.ts";

/** What Payment stands on. */
export interface PaymentDeps {
  db: Db;
  clock: Clock;
  log: Log;
  jobs: Pick<Jobs, "enqueue" | "enqueueAll">;
  cards: CardProcessor;
  events: CardEvents;
  orders: Pick<Client<typeof OrderService>, "settlePayment">;
  accountPrefixes: AccountPrefixes;
  /** The banks' methods of which the provider takes the transfers, into accounts of its own. */
  providerTransfers: readonly string[];
}

/** Applies the inbox. */
export const paymentWebhooks = defineWebhookQueue("payment");

/** Composes the Payment service, with the inbox that its process works on and sweeps. */
export function createPaymentService(deps: PaymentDeps): ServiceModule & { inbox: Inbox } {
  const { db, events } = deps;
  const inbox = createInbox({
    ...deps,
    queue: paymentWebhooks,
    apply: (event) => applyCardEvent(deps, event),
    settle: settleKnownEvents,
  });
  return {
    inbox,
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
        reconcile: reconcile(deps),
        importBankStatement: importBankStatement(deps),
        listBankTransactions: listBankTransactions(deps),
        assignBankTransaction: assignBankTransaction(deps),
        dismissBankTransaction: dismissBankTransaction(deps),
        listDisputes: listDisputes(deps),
        listPaymentMethods: listPaymentMethods(deps),
        deletePaymentMethod: deletePaymentMethod(deps),
        receiveStripeWebhook: receiveStripeWebhook({ events, inbox }),
        listWebhookEvents: listWebhookEvents({ inbox }),
        replayWebhookEvent: replayWebhookEvent({ db, inbox }),
        erasePayments: erasePayments(deps),
      }),
    ],
  };
}
