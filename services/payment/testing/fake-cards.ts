import type { BankAccount } from "../bank-account.ts";
import type {
  CardCharge,
  CardIntent,
  CardOutcome,
  CardProcessor,
  CardRefund,
  CardRefundOutcome,
} from "../card-processor.ts";
import type { CardDispute } from "../dispute.ts";
import { fail } from "../reasons.ts";
import type { TransferRequest, UnusedMoney } from "../transfer-collector.ts";

/** An outcome; authorized unless told otherwise. */
export function outcome(fields: Partial<CardOutcome> = {}): CardOutcome {
  return {
    state: "AUTHORIZED",
    providerId: "pi_1",
    clientSecret: "",
    redirectUrl: "",
    declineCode: "",
    declineMessage: "",
    ...fields,
  };
}

/** Where the transfers go. */
export const germanAccount: BankAccount = {
  holder: "Rowlock",
  bankName: "",
  number: "DE89370400440532013000",
  bic: "COBADEFFXXX",
  bankCode: "",
  branchCode: "",
  accountType: "",
  countryCode: "DE",
};

/** A call as the provider saw it. */
export interface SeenCall {
  name: keyof CardProcessor;
  /** The payment's id, the provider's id, or the refund's. */
  id: string;
}

/**
 * A provider of card payments that keeps simple truth: one intent per payment
 * id, one refund per refund id. `next` scripts what becomes of an intent.
 */
export class FakeCards implements CardProcessor {
  readonly calls: SeenCall[] = [];
  /** The intents by the provider's id. */
  readonly intents = new Map<string, CardOutcome>();
  /** What each intent was made from, by the provider's id. */
  readonly charges = new Map<string, CardCharge>();
  /** The amounts given back, by the refund's id. */
  readonly refunds = new Map<string, CardRefund>();
  /** Refunds of those that could not be done after all. */
  readonly failedRefunds = new Set<string>();
  /** What the next new intents come to, by the source of the charge; others are authorized. */
  readonly script = new Map<string, Partial<CardOutcome>>();
  /** What buyers dispute, by the provider's id of the payment. */
  readonly disputes = new Map<string, CardDispute[]>();
  /** Whether they began in whatever time is asked for. */
  newDisputes = true;
  /** The customers, by our id, with their saved cards. */
  readonly customers = new Map<string, { providerId: string; cards: Set<string> }>();
  /** What each intent of a transfer was made from, by the provider's id. */
  readonly transfers = new Map<string, TransferRequest>();
  /** What payers have sent, by their id at the provider. */
  readonly sent = new Map<string, bigint>();
  /** What went back of what no payment had used, by the refund's id. */
  readonly returns = new Map<string, UnusedMoney>();
  /** Runs in the call, before its effect; may throw. */
  before: Partial<Record<keyof CardProcessor, () => Promise<void> | void>> = {};
  /** Runs in the call, after its effect: an answer that is lost. */
  after: Partial<Record<keyof CardProcessor, () => Promise<void> | void>> = {};

  /** The provider stays silent. */
  readonly silence = (): never => {
    throw fail("PROVIDER_UNAVAILABLE", {});
  };

  async authorize(charge: CardCharge): Promise<CardOutcome> {
    return this.#serve("authorize", charge.paymentId, () => {
      const providerId = `pi_${charge.paymentId}`;
      const known = this.intents.get(providerId);
      if (known !== undefined) return known;
      if (charge.source === "pm_unknown") {
        throw fail("PAYMENT_METHOD_INVALID", { provider_message: "no such payment method" });
      }
      this.charges.set(providerId, charge);
      return this.put(outcome({ ...this.script.get(charge.source), providerId }));
    });
  }

  async capture({ providerId }: { providerId: string }): Promise<CardOutcome> {
    return this.#serve("capture", providerId, () => {
      const intent = this.#intent(providerId);
      return intent.state === "AUTHORIZED" ? this.put({ ...intent, state: "CAPTURED" }) : intent;
    });
  }

  async cancel({ providerId }: { providerId: string }): Promise<CardOutcome> {
    return this.#serve("cancel", providerId, () => {
      const intent = this.#intent(providerId);
      const open = ["AUTHORIZED", "REQUIRES_ACTION", "AWAITING_TRANSFER"].includes(intent.state);
      return open ? this.put({ ...intent, state: "CANCELED", clientSecret: "", redirectUrl: "" }) : intent;
    });
  }

  async retrieve(providerId: string): Promise<CardOutcome> {
    return this.#serve("retrieve", providerId, () => this.#intent(providerId));
  }

  async refund(refund: CardRefund): Promise<string> {
    return this.#serve("refund", refund.refundId, () => {
      this.refunds.set(refund.refundId, refund);
      return `re_${refund.refundId}`;
    });
  }

  async inspect(providerId: string): Promise<CardIntent | undefined> {
    return this.#serve("inspect", providerId, () => this.#describe(providerId));
  }

  async *list(): AsyncIterable<CardIntent> {
    await this.#serve("list", "", () => undefined);
    for (const providerId of this.intents.keys()) {
      const intent = this.#describe(providerId);
      if (intent !== undefined) yield intent;
    }
  }

  async refundsOf({ providerId }: { providerId: string }): Promise<CardRefundOutcome[]> {
    return this.#serve("refundsOf", providerId, () =>
      [...this.refunds.values()]
        .filter((refund) => refund.providerId === providerId)
        .map(({ refundId, amount }) => ({
          providerId: `re_${refundId}`,
          refundId,
          amount,
          state: this.failedRefunds.has(refundId) ? "FAILED" : "COMPLETED",
        })),
    );
  }

  async *listDisputed(): AsyncIterable<string> {
    yield* await this.#serve("listDisputed", "", () => (this.newDisputes ? [...this.disputes.keys()] : []));
  }

  async disputesOf({ providerId }: { providerId: string }): Promise<CardDispute[]> {
    return this.#serve("disputesOf", providerId, () => this.disputes.get(providerId) ?? []);
  }

  async createPayer(paymentId: string): Promise<string> {
    return this.#serve("createPayer", paymentId, () => `cus_of_${paymentId}`);
  }

  async requestTransfer(transfer: TransferRequest): Promise<CardOutcome> {
    return this.#serve("requestTransfer", transfer.paymentId, () => {
      const providerId = `pi_${transfer.paymentId}`;
      const known = this.intents.get(providerId);
      if (known !== undefined) return known;
      const { currencyCode } = transfer;
      if (currencyCode === "IDR") throw fail("PAYMENT_METHOD_INVALID", { provider_message: "no IDR" });
      this.transfers.set(providerId, transfer);
      const instructions = { account: germanAccount, reference: `REF-${transfer.paymentId}` };
      return this.put(outcome({ state: "AWAITING_TRANSFER", providerId, instructions }));
    });
  }

  async returnUnused(money: UnusedMoney): Promise<string> {
    return this.#serve("returnUnused", money.refundId, () => {
      this.returns.set(money.refundId, money);
      return `re_unused_${money.refundId}`;
    });
  }

  async findReturn({ refundId }: { refundId: string }): Promise<string | undefined> {
    return this.#serve("findReturn", refundId, () =>
      this.returns.has(refundId) ? `re_unused_${refundId}` : undefined,
    );
  }

  /** Money that comes for a payment, which is paid by it when that is enough and it is still waited for. */
  fund(paymentId: string, amount: bigint): void {
    const payer = `cus_of_${paymentId}`;
    const sent = (this.sent.get(payer) ?? 0n) + amount;
    this.sent.set(payer, sent);
    const intent = this.#intent(`pi_${paymentId}`);
    const wanted = this.transfers.get(intent.providerId)?.amount ?? 0n;
    if (intent.state === "AWAITING_TRANSFER" && sent >= wanted) this.put({ ...intent, state: "CAPTURED" });
  }

  async createCustomer(customerId: string): Promise<string> {
    return this.#serve("createCustomer", customerId, () => {
      const known = this.customers.get(customerId) ?? {
        providerId: `cus_of_${customerId}`,
        cards: new Set(),
      };
      this.customers.set(customerId, known);
      return known.providerId;
    });
  }

  async deleteCustomer(providerId: string): Promise<void> {
    return this.#serve("deleteCustomer", providerId, () => {
      for (const [id, customer] of this.customers) {
        if (customer.providerId === providerId) this.customers.delete(id);
      }
    });
  }

  async detach(providerId: string): Promise<void> {
    return this.#serve("detach", providerId, () => {
      for (const { cards } of this.customers.values()) cards.delete(providerId);
    });
  }

  /** Saves the card of a payment that is to save it, once it has paid; as the provider tells of it. */
  #saving(intent: CardOutcome): CardOutcome {
    const charge = this.charges.get(intent.providerId);
    if (!charge?.save || (intent.state !== "AUTHORIZED" && intent.state !== "CAPTURED")) return intent;
    const providerId = `pm_of_${charge.paymentId}`;
    const customer = [...this.customers.values()].find((each) => each.providerId === charge.customer);
    customer?.cards.add(providerId);
    const savedCard = { providerId, brand: "visa", last4: "4242", expiryMonth: 12, expiryYear: 2030 };
    return { ...intent, savedCard };
  }

  /** What was given back in all; minor units. */
  get refunded(): bigint {
    return [...this.refunds.values()].reduce((sum, { amount }) => sum + amount, 0n);
  }

  put(intent: CardOutcome): CardOutcome {
    const put = this.#saving(intent);
    this.intents.set(intent.providerId, put);
    return put;
  }

  #describe(providerId: string): CardIntent | undefined {
    const intent = this.intents.get(providerId);
    const transfer = this.transfers.get(providerId);
    const charge = this.charges.get(providerId) ?? transfer;
    if (intent === undefined) return undefined;
    const returned = [...this.refunds.values()].filter(
      (refund) => refund.providerId === providerId && !this.failedRefunds.has(refund.refundId),
    );
    return {
      outcome: intent,
      paymentId: charge?.paymentId ?? "",
      orderId: charge?.orderId ?? "",
      currencyCode: charge?.currencyCode ?? "USD",
      captured: intent.state === "CAPTURED" ? (charge?.amount ?? 1000n) : 0n,
      refunded: returned.reduce((sum, { amount }) => sum + amount, 0n),
      ...(transfer && {
        transfer: {
          received: this.sent.get(transfer.payer) ?? 0n,
          returned: [...this.returns.values()]
            .filter(({ payer }) => payer === transfer.payer)
            .reduce((sum, { amount }) => sum + amount, 0n),
        },
      }),
    };
  }

  #intent(providerId: string): CardOutcome {
    const intent = this.intents.get(providerId);
    if (intent === undefined) throw fail("PROVIDER_UNAVAILABLE", {});
    return intent;
  }

  async #serve<T>(name: keyof CardProcessor, id: string, work: () => T): Promise<T> {
    this.calls.push({ name, id });
    await this.before[name]?.();
    const answer = work();
    await this.after[name]?.();
    return answer;
  }
}
