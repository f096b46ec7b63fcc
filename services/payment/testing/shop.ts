import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import { OrderSchema } from "../../../gen/rowlock/order/v1/order_pb.js";
import {
  type CreatePaymentRequestSchema,
  type Payment,
  PaymentService,
} from "../../../gen/rowlock/payment/v1/payment_pb.js";
import type { Db } from "../../../lib/db/index.ts";
import { money } from "../../../lib/money/money.ts";
import { createDirectTransport } from "../../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../../lib/rpc/testing/interceptors.ts";
import { testDatabase } from "../../../lib/testing/postgres.ts";
import type { Inbox } from "../../../lib/webhooks/index.ts";
import { paymentSchema } from "../migrations/index.ts";
import { createPaymentService, type PaymentDeps } from "../service.ts";
import { FakeCards } from "./fake-cards.ts";
import { fakeEvents } from "./fake-events.ts";

/** The service that orders. */
export const order = as.service("order");

/** A Payment on a database of its own, over a fake provider. */
export interface TestPayments {
  readonly db: Db;
  readonly deps: PaymentDeps;
  readonly client: Client<typeof PaymentService>;
  readonly cards: FakeCards;
  /** Every statement sent so far. */
  readonly statements: string[];
  /** The jobs enqueued so far. */
  readonly jobs: { queue: string; data: object; startAfter: unknown }[];
  /** Settles an order in place of Order; may throw. */
  settle: (orderId: string) => Promise<void> | void;
  /** The payment that Order says the order has; empty: it does not say. */
  orderPayment: string;
  readonly inbox: Inbox;
  /** The orders that were settled. */
  readonly settled: string[];
  /** Moves the clock ahead of real time. */
  advance(ms: number): void;
  /** Pays 10.00 USD by card, for an order named after the payment. */
  pay(paymentId: string, request?: MessageInitShape<typeof CreatePaymentRequestSchema>): Promise<Payment>;
  /** The same by transfer, to be made within a day. */
  transfer(
    paymentId: string,
    request?: MessageInitShape<typeof CreatePaymentRequestSchema>,
  ): Promise<Payment>;
  /** A captured card payment. */
  captured(paymentId: string): Promise<Payment>;
  get(paymentId: string): Promise<Payment>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openTestPayments(): Promise<TestPayments> {
  const statements: string[] = [];
  const database = await testDatabase(paymentSchema, { onStatement: (text) => statements.push(text) });
  let ahead = 0;
  const cards = new FakeCards();
  const jobs: TestPayments["jobs"] = [];
  const settled: string[] = [];
  const deps: PaymentDeps = {
    db: database.db,
    clock: () => new Date(Date.now() + ahead),
    log: pino({ level: "silent" }),
    jobs: {
      async enqueue(tx, queue, data, options) {
        // Fails when the transaction does not let the job in.
        await tx.run({ text: "select 1", values: [], name: undefined });
        jobs.push({ queue: queue.name, data, startAfter: options?.startAfter });
        return "job";
      },
      async enqueueAll(tx, queue, all) {
        for (const { data, ...options } of all) await deps.jobs.enqueue(tx, queue, data, options);
        return all.length;
      },
    },
    cards,
    events: fakeEvents,
    accountPrefixes: { BNI_VA: "98812345" },
    providerTransfers: ["SEPA"],
    orders: {
      async settlePayment({ orderId = "" }) {
        settled.push(orderId);
        await shop.settle(orderId);
        return create(OrderSchema, shop.orderPayment === "" ? {} : { payment: { id: shop.orderPayment } });
      },
    },
  };
  const { services, inbox } = createPaymentService(deps);
  const transport = createDirectTransport({ services, interceptors: testInterceptors });
  const client = createClient(PaymentService, transport);
  const request = (paymentId: string) => ({
    paymentId,
    orderId: `ord_${paymentId}`,
    amount: money("USD", 1000n),
    contact: { email: "ada@example.com" },
  });
  const shop: TestPayments = {
    db: database.db,
    deps,
    client,
    cards,
    statements,
    jobs,
    inbox,
    settle: () => undefined,
    settled,
    orderPayment: "",
    advance: (ms) => {
      ahead += ms;
    },
    pay: (paymentId, more = {}) =>
      client.createPayment(
        {
          ...request(paymentId),
          method: { case: "card", value: { paymentMethod: "pm_card_visa" } },
          ...(more as object),
        },
        order,
      ),
    transfer: (paymentId, more = {}) =>
      client.createPayment(
        {
          ...request(paymentId),
          method: {
            case: "bankTransfer",
            value: { bank: "BCA_VA", timeLimit: { seconds: 86_400n, nanos: 0 } },
          },
          ...(more as object),
        },
        order,
      ),
    captured: async (paymentId) => {
      await shop.pay(paymentId);
      return client.capturePayment({ paymentId }, order);
    },
    get: (paymentId) => client.getPayment({ paymentId }, as.staff),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
  return shop;
}
