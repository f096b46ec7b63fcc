import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ListPaymentsResponseSchema,
  ListWebhookEventsResponseSchema,
  type Payment,
  Payment_State,
  PaymentSchema,
  RefundSchema,
} from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { BankAccountSchema } from "../../../gen/rowlock/type/v1/bank_account_pb.js";
import type { WebhookEvent } from "../../../gen/rowlock/type/v1/webhook_pb.js";
import type { Clock } from "../../../lib/clock.ts";
import { money } from "../../../lib/money/money.ts";
import type { OrderDeps } from "../service.ts";
import { refuse, type Wire } from "./wire.ts";

/** Where the transfers go that the provider takes: those by SEPA. */
export const germanAccount = {
  ...{ holder: "Rowlock", bankName: "", number: "DE89370400440532013000", bic: "COBADEFFXXX" },
  ...{ bankCode: "", branchCode: "", accountType: "", countryCode: "DE" },
};

const open: readonly Payment_State[] = [
  Payment_State.PROCESSING,
  Payment_State.REQUIRES_ACTION,
  Payment_State.AWAITING_TRANSFER,
  Payment_State.AUTHORIZED,
];

/** Payments in memory, with the states and refusals of Payment. What becomes of a card is in its name. */
export class FakePayments {
  readonly payments = new Map<string, Payment>();
  /** What each payment was asked for with. */
  readonly requests = new Map<string, Parameters<OrderDeps["payments"]["createPayment"]>[0]>();
  /** What the provider has told. */
  readonly webhooks: WebhookEvent[] = [];
  readonly #refunds = new Set<string>();
  readonly #wire: Wire;
  readonly #clock: Clock;

  constructor(wire: Wire, clock: Clock) {
    this.#wire = wire;
    this.#clock = clock;
  }

  readonly client: OrderDeps["payments"] = {
    createPayment: (request) => {
      const { paymentId: id = "", orderId = "", amount, method } = request;
      return this.#wire.serve("payments.create", id, () => {
        const known = this.payments.get(id);
        if (known !== undefined) {
          if (known.amount?.amount !== amount?.amount) throw refuse("PAYMENT_MISMATCH", {});
          return this.#unlessInvalid(known);
        }
        if (method?.case === "card" && method.value.savedPaymentMethodId === "pmt_none") {
          throw refuse("PAYMENT_METHOD_NOT_FOUND", { payment_method_id: "pmt_none" });
        }
        if (method?.case === "bankTransfer" && method.value.bank === "NO_SEPA") {
          throw refuse("PAYMENT_METHOD_INVALID", { provider_message: "no transfers in USD" });
        }
        this.requests.set(id, request);
        const live = this.of(orderId).find(
          ({ state }) => open.includes(state) || state === Payment_State.CAPTURED,
        );
        if (live !== undefined) throw refuse("PAYMENT_LIVE", { payment_id: live.id });
        const payment = create(PaymentSchema, {
          id,
          orderId,
          amount: money("USD", amount?.amount ?? 0n),
          refunded: money("USD", 0n),
          createTime: timestampFromMs(this.#clock().getTime()),
        });
        this.payments.set(id, payment);
        if (method?.case === "bankTransfer") {
          const seconds = Number(method.value.timeLimit?.seconds ?? 0n);
          return Object.assign(payment, {
            state: Payment_State.AWAITING_TRANSFER,
            method: method.value.bank ?? "",
            accountNumber: "8800000000000001",
            reference: `RL${id.slice(-6)}`,
            deadline: timestampFromMs(this.#clock().getTime() + seconds * 1000),
            ...(method.value.bank === "SEPA" && { bankAccount: create(BankAccountSchema, germanAccount) }),
          });
        }
        const source = method?.case === "card" ? (method.value.paymentMethod ?? "") : "";
        return this.#unlessInvalid(Object.assign(payment, { method: "card" }, cardOutcome(source)));
      });
    },
    capturePayment: ({ paymentId: id = "" }) =>
      this.#wire.serve("payments.capture", id, () => {
        const payment = this.#get(id);
        if (payment.state === Payment_State.CAPTURED) return payment;
        if (payment.state !== Payment_State.AUTHORIZED) throw refuse("PAYMENT_NOT_AUTHORIZED", {});
        return this.set(id, "CAPTURED");
      }),
    cancelPayment: ({ paymentId: id = "" }) =>
      this.#wire.serve("payments.cancel", id, () => {
        const payment = this.#get(id);
        if (open.includes(payment.state)) {
          const { received } = payment;
          const part = received !== undefined && received.amount > 0n;
          return part ? this.set(id, "REFUNDED", { refunded: received }) : this.set(id, "CANCELED");
        }
        const captured = payment.state === Payment_State.CAPTURED || payment.state === Payment_State.REFUNDED;
        if (captured) throw refuse("PAYMENT_CAPTURED", {});
        return payment;
      }),
    refreshPayment: ({ paymentId: id = "" }) => this.#wire.serve("payments.refresh", id, () => this.#get(id)),
    listPayments: ({ orderId = "" }) =>
      this.#wire.serve("payments.list", orderId, () =>
        create(ListPaymentsResponseSchema, { payments: this.of(orderId) }),
      ),
    listWebhookEvents: ({ subject = "" }) =>
      this.#wire.serve("payments.webhooks", subject, () =>
        create(ListWebhookEventsResponseSchema, {
          events: this.webhooks.filter((event) => event.subject === subject),
        }),
      ),
    getPayment: ({ paymentId: id = "" }) => this.#wire.serve("payments.get", id, () => this.#get(id)),
    refundPayment: ({ paymentId: id = "", requestId = "", amount, reason = "" }) =>
      this.#wire.serve("payments.refund", id, () => {
        const payment = this.#get(id);
        const key = `${id} ${requestId}`;
        if (this.#refunds.has(key)) return payment;
        const kept = (payment.amount?.amount ?? 0n) - (payment.refunded?.amount ?? 0n);
        const taken = payment.disputes.reduce((sum, each) => sum + (each.withdrawn?.amount ?? 0n), 0n);
        const left = kept > taken ? kept - taken : 0n;
        const wanted = amount?.amount ?? left;
        if (taken > 0n && (wanted > left || left === 0n)) throw refuse("PAYMENT_DISPUTED", {});
        if (payment.state === Payment_State.REFUNDED || wanted > left) {
          throw refuse("REFUND_TOO_LARGE", { refundable: String(left), currency_code: "USD" });
        }
        if (payment.state !== Payment_State.CAPTURED) throw refuse("PAYMENT_NOT_CAPTURED", {});
        if (requestId !== "") this.#refunds.add(key);
        const refund = create(RefundSchema, {
          ...{ id: `ref_${payment.refunds.length}`, amount: money("USD", wanted), reason, completed: true },
        });
        return this.set(id, wanted === kept ? "REFUNDED" : "CAPTURED", {
          refunded: money("USD", (payment.refunded?.amount ?? 0n) + wanted),
          refunds: [...payment.refunds, refund],
        });
      }),
  };

  /** Moves a payment, as the provider or staff would. Answers given before keep what they said. */
  set(id: string, state: keyof typeof Payment_State, fields: Partial<Payment> = {}): Payment {
    const payment = this.#get(id);
    const received = state === "CAPTURED" ? payment.amount : payment.received;
    const moved = create(PaymentSchema, {
      ...payment,
      ...(received && { received }),
      ...fields,
      state: Payment_State[state],
    });
    this.payments.set(id, moved);
    return moved;
  }

  /** The payments of an order, the first one first. */
  of(orderId: string): Payment[] {
    return [...this.payments.values()].filter((payment) => payment.orderId === orderId);
  }

  /** What the shop keeps of an order's money; minor units. */
  takenFor(orderId: string): bigint {
    const taken = this.of(orderId).filter(({ state }) => state === Payment_State.CAPTURED);
    return taken.reduce(
      (sum, { amount, refunded }) => sum + (amount?.amount ?? 0n) - (refunded?.amount ?? 0n),
      0n,
    );
  }

  /** Whether money of an order is reserved, or waited for. */
  isOpen(orderId: string): boolean {
    return this.of(orderId).some(({ state }) => open.includes(state));
  }

  #get(id: string): Payment {
    const payment = this.payments.get(id);
    if (payment === undefined) throw refuse("PAYMENT_NOT_FOUND", {});
    return payment;
  }

  #unlessInvalid(payment: Payment): Payment {
    if (payment.declineCode !== "invalid_payment_method") return payment;
    throw refuse("PAYMENT_METHOD_INVALID", { provider_message: payment.declineMessage });
  }
}

function cardOutcome(source: string) {
  switch (source) {
    case "pm_declined":
      return {
        state: Payment_State.FAILED,
        declineCode: "insufficient_funds",
        declineMessage: "Too little.",
      };
    case "pm_unknown":
      return {
        state: Payment_State.FAILED,
        declineCode: "invalid_payment_method",
        declineMessage: "No such PaymentMethod.",
      };
    case "pm_3ds":
      return {
        state: Payment_State.REQUIRES_ACTION,
        clientSecret: "secret",
        redirectUrl: "https://bank.test/3ds",
      };
    case "pm_slow":
      return { state: Payment_State.PROCESSING };
    default:
      return { state: Payment_State.AUTHORIZED };
  }
}
